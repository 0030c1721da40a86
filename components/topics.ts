import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import { GrowOnly } from "./grow-only";
import { KafkaBroker } from "./kafka";
import { deadLetterTopicOf, TableSpec, topicOf } from "./tables";
import { Duration, toMilliseconds } from "./units";

export interface TopicsArgs {
  broker: KafkaBroker;
  /** Each gets a topic for its changes and one for its dead letters. */
  tables: readonly TableSpec[];
  /** Partitions of each topic of changes. May grow, never shrink. */
  partitions: number;
  /** How long changes are kept. Dead letters are kept until somebody deals with them. */
  retention: Duration;
}

/**
 * The largest record of a change, in bytes: a row before and after, in text. `ChangeEvent.LARGEST_RECORD_BYTES` in the
 * jobs; each has a few of them in memory at a time.
 */
const largestChange = 8 * 1024 * 1024;

/** The topics of all tables. */
export class Topics extends pulumi.ComponentResource {
  readonly names: pulumi.Output<string[]>;

  constructor(name: string, args: TopicsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:Topics", name, {}, opts);

    const partitions = new GrowOnly(
      "topic-partitions",
      {
        what: "partitions",
        value: args.partitions,
        why: "Kafka would have to delete the topics with all they hold",
      },
      { parent: this },
    ).current;
    const changes = args.tables.map((spec) =>
      this.createTopic(args.broker, topicOf(spec), partitions, {
        "retention.ms": String(toMilliseconds(args.retention)),
        "max.message.bytes": String(largestChange),
      }),
    );
    const deadLetters = args.tables.map((spec) =>
      this.createTopic(args.broker, deadLetterTopicOf(spec), 1, {
        "retention.ms": "-1",
        // A letter holds its change and the reason beside it.
        "max.message.bytes": String(2 * largestChange),
      }),
    );

    this.names = pulumi.all([...changes, ...deadLetters].map((topic) => topic.name));
    this.registerOutputs({ names: this.names });
  }

  private createTopic(
    broker: KafkaBroker,
    name: string,
    partitions: pulumi.Input<number>,
    config: Record<string, string>,
  ) {
    return new kafka.Topic(
      name,
      {
        name,
        partitions,
        replicationFactor: 1,
        config: { "cleanup.policy": "delete", ...config },
      },
      // With the broker's container gone there is nothing left to delete from.
      { parent: this, provider: broker.provider, deletedWith: broker.container, deleteBeforeReplace: true },
    );
  }
}

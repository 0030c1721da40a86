import * as pulumi from "@pulumi/pulumi";
import { jobArguments } from "./capture-job";
import { ClickHouse } from "./clickhouse";
import { Visibility } from "./config";
import { FlinkCluster, savepointsFolder } from "./flink-cluster";
import { FlinkJob } from "./flink-job";
import { JobJar } from "./job-jars";
import { KafkaBroker } from "./kafka";
import { pathInContainer } from "./server";
import { TableSpec, tablesArgument } from "./tables";
import { Duration, toMilliseconds } from "./units";

export interface SyncJobArgs {
  cluster: FlinkCluster;
  jar: JobJar;
  broker: KafkaBroker;
  warehouse: ClickHouse;
  tables: readonly TableSpec[];
  /**
   * When a change may be seen: once capture has committed it, or `early`, as soon as it is in its topic.
   * @default committed
   */
  visibility?: Visibility;
  /** @default 1 */
  parallelism?: number;
  /** How much is replayed after a failure, at most. */
  checkpointInterval: Duration;
  /** A batch goes in when it has this many rows … */
  flushRows: number;
  /** … or is this old, whichever comes first. */
  flushInterval: Duration;
}

/** The consumer group whose offsets show how far the warehouse has come. */
export const consumerGroup = "flink-sync-connector";

/** The second job: the topics' committed changes, in batches, into the warehouse. */
export class SyncJob extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: SyncJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:SyncJob", name, {}, opts);
    const credentials = args.warehouse.credentials("sync");

    const job = new FlinkJob(
      name,
      {
        // As the jar names it itself.
        name: "kafka-clickhouse-sync",
        cluster: { rest: args.cluster.url, container: args.cluster.jobManager.name },
        jar: args.jar.path,
        jarHash: args.jar.hash,
        parallelism: args.parallelism ?? 1,
        savepointDir: savepointsFolder,
        // What the job remembers are places in the topics; the group's committed ones would do as well.
        dropsUnclaimedState: true,
        args: jobArguments({
          "kafka-bootstrap": args.broker.connection.internal,
          group: consumerGroup,
          tables: tablesArgument(args.tables),
          "clickhouse-url": args.warehouse.urls.internal,
          "clickhouse-user": credentials.user,
          "clickhouse-password-file": pathInContainer(credentials.password),
          database: args.warehouse.database,
          visibility: args.visibility ?? "committed",
          "checkpoint-interval-ms": String(toMilliseconds(args.checkpointInterval)),
          "flush-rows": String(args.flushRows),
          "flush-interval-ms": String(toMilliseconds(args.flushInterval)),
        }),
      },
      { parent: this, deletedWith: args.cluster.jobManager },
    );

    this.jobId = job.jobId;
    this.registerOutputs({ jobId: this.jobId });
  }
}

import * as docker from "@pulumi/docker";
import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import { Connection, externalAddress } from "./connection";
import { StackNetwork } from "./network";
import { connectionTo, createServer, createVolume, tcpCheck } from "./server";
import { ports, publishedPort } from "./stack";
import { Duration, Size, toMegabytes, toMilliseconds } from "./units";

export interface KafkaBrokerArgs {
  network: StackNetwork;
  image: pulumi.Input<string>;
  /** Limit of the container; the heap gets half of it. */
  memory: Size;
  /** How long a producer may be away and still commit what it has prepared. Kafka can be told 24 days at most. */
  transactionTimeout: Duration;
}

/** The port that containers use; on the host it is `ports.kafka`. */
const internalPort = 9092;
const controllerPort = 9093;

/** What Kafka knows the broker by. */
export const brokerId = "1";

/** 16 bytes in base64: every stack has one broker with storage of its own, so one id serves all. */
export const clusterId = Buffer.from("tributary-kraft1").toString("base64url");

/** A Kafka broker that is its own controller (KRaft, no ZooKeeper), and the provider to make topics in it. */
export class KafkaBroker extends pulumi.ComponentResource {
  readonly connection: Connection;
  readonly container: docker.Container;
  readonly provider: kafka.Provider;

  constructor(name: string, args: KafkaBrokerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:KafkaBroker", name, {}, opts);

    const data = createVolume("kafka-data", args.network, { parent: this });
    this.container = createServer(
      "kafka",
      {
        network: args.network,
        image: args.image,
        memory: args.memory,
        uid: 1000,
        environment: {
          CLUSTER_ID: clusterId,
          KAFKA_HEAP_OPTS: heapOptions(args.memory),
          KAFKA_JVM_PERFORMANCE_OPTS: jvmOptions,
          ...brokerSettings(
            externalAddress(publishedPort(args.network.stack, ports.kafka)),
            args.transactionTimeout,
          ),
        },
        publish: [ports.kafka],
        data: [{ volume: data, path: "/var/lib/kafka/data" }],
        healthCheck: tcpCheck(internalPort),
      },
      { parent: this },
    );
    this.connection = {
      internal: connectionTo(this.container, args.network, "kafka", internalPort).internal,
      external: connectionTo(this.container, args.network, "kafka", ports.kafka).external,
    };
    this.provider = new kafka.Provider(
      name,
      { bootstrapServers: [this.connection.external], tlsEnabled: false },
      { parent: this },
    );

    this.registerOutputs({ bootstrap: this.connection.external });
  }
}

/** A transaction's time-out as Kafka takes it: milliseconds, in 32 bits. Pure. */
export function toTransactionTimeout(duration: Duration): number {
  return Math.min(toMilliseconds(duration), 2 ** 31 - 1);
}

/**
 * The broker's properties as the image takes them, `KAFKA_<PROPERTY>`. Pure.
 *
 * @param advertised what programs on the host are told to connect to
 */
export function brokerSettings(advertised: string, transactionTimeout: Duration): Record<string, string> {
  const hour = String(toMilliseconds("1 hour"));
  const minute = String(toMilliseconds("1 minute"));
  return {
    KAFKA_NODE_ID: brokerId,
    KAFKA_PROCESS_ROLES: "broker,controller",
    KAFKA_CONTROLLER_QUORUM_VOTERS: `${brokerId}@localhost:${controllerPort}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
    KAFKA_LISTENERS: `INTERNAL://:${internalPort},CONTROLLER://localhost:${controllerPort},EXTERNAL://:${ports.kafka}`,
    KAFKA_ADVERTISED_LISTENERS: `INTERNAL://kafka:${internalPort},EXTERNAL://${advertised}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT",
    KAFKA_INTER_BROKER_LISTENER_NAME: "INTERNAL",
    KAFKA_LOG_DIRS: "/var/lib/kafka/data",
    // A mistyped topic name is an error, not a new topic.
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: "10",
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
    KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: "10",
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
    // Flink's exactly-once sink takes a new transactional id every checkpoint: forget them an hour after their end. An
    // open transaction is never forgotten.
    KAFKA_TRANSACTION_MAX_TIMEOUT_MS: String(toTransactionTimeout(transactionTimeout)),
    KAFKA_TRANSACTIONAL_ID_EXPIRATION_MS: hour,
    KAFKA_TRANSACTION_REMOVE_EXPIRED_TRANSACTION_CLEANUP_INTERVAL_MS: minute,
    KAFKA_PRODUCER_ID_EXPIRATION_MS: hour,
    KAFKA_PRODUCER_ID_EXPIRATION_CHECK_INTERVAL_MS: minute,
  };
}

/**
 * The parallel collector takes less processor time than the image's own choice, G1, which is made for heaps of many
 * gigabytes. A broker without memory is better started anew.
 */
const jvmOptions = "-server -XX:+UseParallelGC -XX:+ExitOnOutOfMemoryError";

/** Half of the container for the heap: the rest is for the page cache and what the JVM needs outside. */
export function heapOptions(memory: Size): string {
  const heap = Math.floor(toMegabytes(memory) / 2);
  return `-Xms${Math.floor(heap / 2)}m -Xmx${heap}m`;
}

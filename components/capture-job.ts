import * as pulumi from "@pulumi/pulumi";
import { splitAddress } from "./connection";
import { FlinkCluster, savepointsFolder } from "./flink-cluster";
import { FlinkJob } from "./flink-job";
import { JobJar } from "./job-jars";
import { KafkaBroker, toTransactionTimeout } from "./kafka";
import { MySql } from "./mysql";
import { Credentials } from "./mysql-user";
import { pathInContainer } from "./server";
import { heartbeats, TableSpec, tablesArgument } from "./tables";
import { Duration, toMilliseconds } from "./units";

export interface CaptureJobArgs {
  cluster: FlinkCluster;
  jar: JobJar;
  source: MySql;
  /** May read the tables and the binlog. */
  credentials: Credentials;
  broker: KafkaBroker;
  tables: readonly TableSpec[];
  /** @default 1 */
  parallelism?: number;
  /** How often what was captured becomes visible to readers of the topics. */
  checkpointInterval: Duration;
  /** How long the source must keep its binlog, and Kafka an open transaction: the longest outage of capture. */
  binlogRetention: Duration;
  /** Raised when the source's binlog started again. Another one takes a new snapshot. @default 0 */
  epoch?: number;
  /** Another number takes a new snapshot of all tables, under the same epoch. @default 0 */
  snapshot?: number;
}

/** Start of every transactional id of the job: what is open under it and not the job's own, a dead one has left. */
export const transactionalIdPrefix = "tributary-capture";

/** The first of the replica ids that the capture job reads the binlog with, one for each parallel reader. */
const firstServerId = 5400;

/** The first job: MySQL's snapshot and then its binlog, exactly once, into the topics. */
export class CaptureJob extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: CaptureJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:CaptureJob", name, {}, opts);
    const parallelism = args.parallelism ?? 1;
    const source = args.source.connection.internal.apply(splitAddress);

    const job = new FlinkJob(
      name,
      {
        // As the jar names it itself.
        name: "mysql-cdc",
        cluster: { rest: args.cluster.url, container: args.cluster.jobManager.name },
        jar: args.jar.path,
        jarHash: args.jar.hash,
        parallelism,
        savepointDir: savepointsFolder,
        // The saved state is a place in the binlog of that epoch, behind that snapshot.
        generation: `epoch ${args.epoch ?? 0}, snapshot ${args.snapshot ?? 0}`,
        args: jobArguments({
          "mysql-host": source.host,
          "mysql-port": pulumi.interpolate`${source.port}`,
          "mysql-user": args.credentials.user,
          "mysql-password-file": pathInContainer(args.credentials.password),
          database: args.source.database,
          tables: tablesArgument(args.tables),
          "server-id": `${firstServerId}-${firstServerId + parallelism - 1}`,
          "kafka-bootstrap": args.broker.connection.internal,
          "transactional-id-prefix": transactionalIdPrefix,
          "transaction-timeout-ms": String(toTransactionTimeout(args.binlogRetention)),
          "checkpoint-interval-ms": String(toMilliseconds(args.checkpointInterval)),
          epoch: String(args.epoch ?? 0),
          snapshot: String(args.snapshot ?? 0),
          "poll-interval-ms": "20",
          "binlog-retention-s": String(toMilliseconds(args.binlogRetention) / 1000),
          heartbeats: heartbeats.table,
        }),
      },
      { parent: this, deletedWith: args.cluster.jobManager },
    );

    this.jobId = job.jobId;
    this.registerOutputs({ jobId: this.jobId });
  }
}

/** `{ epoch: "0" }` → `["--epoch", "0"]`, in the order given. */
export function jobArguments(options: Record<string, pulumi.Input<string>>): pulumi.Input<string>[] {
  return Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
}

import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createClient } from "@clickhouse/client";
import mysql, { type RowDataPacket } from "mysql2/promise";
import type { Kafka } from "kafkajs";
import { transactionalIdPrefix } from "../../../components/capture-job";
import { replicationVariables } from "../../../components/mysql";
import { consumerGroup } from "../../../components/sync-job";
import { database, deadLetterTopicOf, tables, topicOf } from "../../../components/tables";
import { toMilliseconds } from "../../../components/units";
import { openLetters } from "../dead-letters/letter";
import { readTopics } from "../dead-letters/boxes";
import { docker, type Container } from "../docker";
import { readCheckpointTime, readFailures, readJob } from "../flink";
import { readHeartbeat } from "../heartbeat";
import { committedBy, endsOf, kafkaOf, withAdmin } from "../kafka";
import { messageOf } from "../problem";
import { readSecret, type StackOutputs } from "../pulumi";
import { sourceOf } from "../source";
import { readStackSettings } from "../stack";
import {
  changedVariables,
  restartWindow,
  type BinlogFacts,
  type DiskFacts,
  type Facts,
  type GroupFacts,
  type JobFacts,
  type UnseenFacts,
  type VariableFacts,
} from "./alarms";
import { readHanging, readTransactions } from "./transactions";

/** Nothing here may take longer to answer. Milliseconds. */
const patience = 10_000;

/**
 * Looks at everything that can raise an alarm. Takes some seconds, which show whether the sync group's lag grows. A look that
 * fails is a fact of its own, and does not hide what the others see.
 */
export async function gatherFacts(
  stack: string,
  outputs: StackOutputs,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<Facts> {
  const settings = readStackSettings(stack);
  const kafka = kafkaOf(outputs);
  const broker = `${settings.prefix}kafka`;
  const { flinkUrl, captureJobId, syncJobId } = outputs;
  const unseen: UnseenFacts[] = [];
  const see = <T>(what: string, look: Promise<T>): Promise<T | undefined> =>
    look.catch((error: unknown) => {
      unseen.push({ what, why: messageOf(error) });
      return undefined;
    });
  const seeLag = () => see(`the lag of consumer group ${consumerGroup}`, readGroupLag(kafka));
  const earlierLag = await seeLag();
  const [capture, sync, letters, transactions, hanging, heartbeat, source, disk] = await Promise.all([
    see("job capture", readJobFacts(flinkUrl, "capture", captureJobId, settings.captureCheckpoint)),
    see("job sync", readJobFacts(flinkUrl, "sync", syncJobId, settings.syncCheckpoint)),
    see("dead letters", readTopics(kafka, tables.map(deadLetterTopicOf), signal).then(openLetters)),
    see("Kafka's open transactions", readTransactions(broker)),
    see("Kafka's lost transactions", readHanging(broker)),
    see("the newest heartbeat in ClickHouse", readWarehouse(stack, outputs)),
    see("MySQL's binlog", readSource(stack, outputs, replicationVariables(settings.binlogRetention))),
    see("the disk of Docker", readDisk()),
  ]);
  const laterLag = earlierLag === undefined ? undefined : await seeLag();
  const binlog: BinlogFacts = {
    retention: toMilliseconds(settings.binlogRetention),
    oldest: source?.oldest ?? null,
    reached: heartbeat?.file ?? null,
  };
  return {
    unseen,
    containers,
    jobs: [capture, sync].filter((job) => job !== undefined),
    deadLetters: (letters ?? []).map(({ id }) => id),
    transactions: transactions ?? [],
    hanging: hanging ?? [],
    transactionalIdPrefix,
    lag: heartbeat?.lag,
    binlog,
    changedVariables: source?.changedVariables ?? [],
    xaRollbacks: source?.xaRollbacks ?? 0,
    disk,
    group: groupFacts(earlierLag, laterLag),
  };
}

async function readJobFacts(
  flinkUrl: string,
  name: string,
  id: string,
  interval: Parameters<typeof toMilliseconds>[0],
): Promise<JobFacts> {
  const { state } = await readJob(flinkUrl, id);
  const checkpointInterval = toMilliseconds(interval);
  if (state === "MISSING")
    return { name, state, failure: "", failures: 0, sinceCheckpoint: 0, checkpointInterval };
  const [failures, checkpoint] = await Promise.all([
    readFailures(flinkUrl, id),
    readCheckpointTime(flinkUrl, id),
  ]);
  const now = Date.now();
  return {
    name,
    state,
    failure: failures[0]?.message ?? "",
    failures: failures.filter(({ at }) => now - at < restartWindow).length,
    sinceCheckpoint: now - checkpoint,
    checkpointInterval,
  };
}

async function readWarehouse(stack: string, { clickhouseUrl }: StackOutputs) {
  const warehouse = createClient({
    url: clickhouseUrl,
    username: "verify",
    password: readSecret(stack, "clickhouse-verify-password"),
    database,
    request_timeout: patience,
  });
  try {
    return await readHeartbeat(warehouse);
  } finally {
    await warehouse.close();
  }
}

/** The number of the oldest binlog file that MySQL still has, and what was changed in it or undone since it started. */
async function readSource(
  stack: string,
  outputs: StackOutputs,
  wanted: Readonly<Record<string, string | number>>,
): Promise<{ oldest: number; changedVariables: VariableFacts[]; xaRollbacks: number }> {
  const source = await mysql.createConnection({
    ...sourceOf(stack, outputs, "verify"),
    connectTimeout: patience,
    rowsAsArray: true,
  });
  const select = async (sql: string) =>
    (await source.query<RowDataPacket[][]>(sql))[0].map((row) => row.map(String));
  try {
    const [[oldest = ""] = []] = await select("SHOW BINARY LOGS");
    const names = Object.keys(wanted).map((name) => `'${name}'`);
    const variables = await select(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.join()})`);
    const [[, rollbacks] = []] = await select("SHOW GLOBAL STATUS LIKE 'Com_xa_rollback'");
    return {
      oldest: Number(oldest.split(".").at(-1)),
      changedVariables: changedVariables(wanted, variables as [string, string][]),
      xaRollbacks: Number(rollbacks ?? 0),
    };
  } finally {
    await source.end();
  }
}

async function readDisk(): Promise<DiskFacts | undefined> {
  const path = await docker("info", "--format", "{{.DockerRootDir}}");
  if (!existsSync(path)) return undefined;
  const { bavail, blocks, bsize } = await statfs(path);
  return { path, free: bavail * bsize, total: blocks * bsize };
}

/** How many records wait for the sync job; null where it has committed nothing yet. */
async function readGroupLag(kafka: Kafka): Promise<number | null> {
  return withAdmin(kafka, async (admin) => {
    let lag: number | null = null;
    for (const topic of tables.map(topicOf)) {
      const ends = await endsOf(admin, topic);
      for (const [partition, offset] of await committedBy(admin, consumerGroup, topic))
        lag = (lag ?? 0) + Number((ends.get(partition) ?? 0n) - offset);
    }
    return lag;
  });
}

function groupFacts(earlier?: number | null, now?: number | null): GroupFacts | undefined {
  if (now === undefined) return undefined;
  return { name: consumerGroup, lag: now === null ? null : [earlier ?? 0, now] };
}

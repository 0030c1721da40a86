import { transactionalIdPrefix } from "../../../components/capture-job";
import { brokerId } from "../../../components/kafka";
import { docker } from "../docker";
import {
  hangingAlarm,
  transactionAlarm,
  type Alarm,
  type HangingFacts,
  type TransactionFacts,
} from "./alarms";

/** The rows of a table that Kafka's tools print: columns between tabs, under their names. Pure. */
export function parseTable(printed: string): Record<string, string>[] {
  const [head, ...rows] = printed
    .split("\n")
    .map((line) => line.split("\t").map((cell) => cell.trim()))
    .filter((cells) => cells.length > 1);
  return rows.map((cells) => Object.fromEntries((head ?? []).map((name, i) => [name, cells[i] ?? ""])));
}

/** The ids of the transactions that are open, from what `kafka-transactions list` prints. Pure. */
export function openTransactions(listing: string): string[] {
  return parseTable(listing)
    .filter((row) => row["TransactionState"] === "Ongoing")
    .map((row) => row["TransactionalId"] ?? "");
}

/** A transaction from what `kafka-transactions describe` prints; undefined if it is over. Pure. */
export function transactionOf(description: string): TransactionFacts | undefined {
  const [row] = parseTable(description);
  if (row?.["TransactionState"] !== "Ongoing") return undefined;
  return {
    id: row["TransactionalId"] ?? "",
    age: Number(row["TransactionDurationMs"]),
    partitions: (row["TopicPartitions"] ?? "").split(",").filter(Boolean),
  };
}

/** What `kafka-transactions find-hanging` prints. Pure. */
export function hangingTransactions(printed: string): HangingFacts[] {
  return parseTable(printed).map((row) => ({
    topic: row["Topic"] ?? "",
    partition: Number(row["Partition"]),
    startOffset: Number(row["StartOffset"]),
    age: Number(row["Duration(min)"]) * 60_000,
  }));
}

/** The open transactions of the broker in that container. One that is over within the look is left out. */
export async function readTransactions(container: string): Promise<TransactionFacts[]> {
  const open: TransactionFacts[] = [];
  for (const id of openTransactions(await ask(container, "list"))) {
    const transaction = transactionOf(await ask(container, "describe", "--transactional-id", id));
    if (transaction) open.push(transaction);
  }
  return open;
}

/** The transactions in the broker's partitions that have been without an end for a minute and will never have one. */
export async function readHanging(container: string): Promise<HangingFacts[]> {
  return hangingTransactions(
    await ask(container, "find-hanging", "--broker-id", brokerId, "--max-transaction-timeout", "1"),
  );
}

/** Where a topic's partitions end, from what `kafka-get-offsets` prints. Pure. */
export function endsOf(topic: string, printed: string): Map<number, bigint> {
  const lines = printed.split("\n").filter((line) => line.startsWith(`${topic}:`));
  return new Map(
    lines.map((line) => line.split(":")).map(([, number, end]) => [Number(number), BigInt(end!)]),
  );
}

/** Where a topic's partitions end with what is in open transactions, of which kafkajs does not tell. */
export async function readEnds(container: string, topic: string): Promise<Map<number, bigint>> {
  const server = ["--bootstrap-server", "kafka:9092"];
  return endsOf(topic, await docker("exec", container, "kafka-get-offsets", ...server, "--topic", topic));
}

/**
 * What keeps readers of committed records from a topic's end. Pure.
 *
 * @param time for how long it has done so; capture always has transactions that are younger
 */
export function holdersOf(
  topic: string,
  time: number,
  transactions: readonly TransactionFacts[],
  hanging: readonly HangingFacts[],
): Alarm[] {
  const isIn = (partition: string) => partition.slice(0, partition.lastIndexOf("-")) === topic;
  return [
    ...hanging.filter((one) => one.topic === topic).map(hangingAlarm),
    ...transactions
      .filter(({ age, partitions }) => age >= time && partitions.some(isIn))
      .map((one) => transactionAlarm(one, transactionalIdPrefix)),
  ];
}

function ask(container: string, ...args: string[]): Promise<string> {
  return docker("exec", container, "kafka-transactions", "--bootstrap-server", "kafka:9092", ...args);
}

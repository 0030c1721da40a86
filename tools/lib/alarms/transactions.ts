import { brokerId } from "../../../components/kafka";
import { docker } from "../docker";
import type { HangingFacts, TransactionFacts } from "./alarms";

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

/** A transaction's age from what `kafka-transactions describe` prints; undefined if it is over. Pure. */
export function ageOf(description: string): number | undefined {
  const [row] = parseTable(description);
  return row?.["TransactionState"] === "Ongoing" ? Number(row["TransactionDurationMs"]) : undefined;
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
    const age = ageOf(await ask(container, "describe", "--transactional-id", id));
    if (age !== undefined) open.push({ id, age });
  }
  return open;
}

/** The transactions in the broker's partitions that have been without an end for a minute and will never have one. */
export async function readHanging(container: string): Promise<HangingFacts[]> {
  return hangingTransactions(
    await ask(container, "find-hanging", "--broker-id", brokerId, "--max-transaction-timeout", "1"),
  );
}

function ask(container: string, ...args: string[]): Promise<string> {
  return docker("exec", container, "kafka-transactions", "--bootstrap-server", "kafka:9092", ...args);
}

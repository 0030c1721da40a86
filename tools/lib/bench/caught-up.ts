import { setTimeout as sleep } from "node:timers/promises";
import mysql, { type RowDataPacket } from "mysql2/promise";
import { consumerGroup } from "../../../components/sync-job";
import { realtimeViewOf, tables, topicOf } from "../../../components/tables";
import { committedBy, endsOf, withAdmin } from "../kafka";
import type { Commit } from "../load/lane";
import { ask, type Servers } from "./access";

/** The tables that a load writes, and what tells one state of them from another. */
export const loaded = tables.filter(({ table }) => table === "orders" || table === "order_items");
const fingerprints: Readonly<Record<string, string>> = {
  orders: "COUNT(*), SUM(quantity), SUM(total_price)",
  order_items: "COUNT(*), SUM(quantity), SUM(unit_price)",
};

/** Between two looks: looking costs what is looked at. Milliseconds. */
const pause = 250;

/** Rows that the source has in these tables. */
export async function rowsOfLoaded({ source }: Servers): Promise<number> {
  const connection = await mysql.createConnection({ ...source, rowsAsArray: true });
  try {
    const counts = loaded.map(({ table }) => `(SELECT COUNT(*) FROM ${table})`);
    const [[row]] = await connection.query<RowDataPacket[]>(`SELECT ${counts.join(" + ")}`);
    return Number((row as unknown as unknown[])[0]);
  } finally {
    await connection.end();
  }
}

/** Waits for a condition, looking often. */
export async function until(
  what: string,
  patience: number,
  signal: AbortSignal,
  look: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await look())) {
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`${what}: not within ${patience / 1000} s`);
    await sleep(pause);
  }
}

/** Remembers each lane's newest transaction: it is in the warehouse when its marker is. */
export class Markers {
  private readonly newest = new Map<number, Commit>();

  /** To be told of every commit of the load. */
  readonly note = (commit: Commit): void => {
    this.newest.set(commit.marker, commit);
  };

  /** Waits until the warehouse shows the markers of all transactions noted so far. */
  async awaitAll({ warehouse }: Servers, patience: number, signal: AbortSignal): Promise<void> {
    const goals = [...this.newest.values()];
    const orders = loaded.find(({ table }) => table === "orders")!;
    const query = `SELECT toInt64(order_id) AS marker, quantity AS serial FROM ${realtimeViewOf(orders)}
      WHERE order_id IN (${goals.map(({ marker }) => marker).join()})
      SETTINGS output_format_json_quote_64bit_integers = 0`;
    await until("the warehouse shows every lane's newest transaction", patience, signal, async () => {
      const rows = await ask<{ marker: number; serial: number }>(warehouse, query);
      const seen = new Map(rows.map(({ marker, serial }) => [marker, serial]));
      return goals.every(({ marker, serial }) => (seen.get(marker) ?? 0) >= serial);
    });
  }
}

/** Waits until both sides are equal. Only while nobody writes. */
export async function awaitEqual(servers: Servers, patience: number, signal: AbortSignal): Promise<void> {
  const source = await mysql.createConnection({ ...servers.source, rowsAsArray: true });
  try {
    for (const spec of loaded) {
      const fingerprint = fingerprints[spec.table]!;
      const [[expected]] = await source.query<RowDataPacket[]>(`SELECT ${fingerprint} FROM ${spec.table}`);
      await until(`${spec.table} is equal in the warehouse`, patience, signal, async () => {
        const query = `SELECT ${fingerprint} FROM ${realtimeViewOf(spec)}`;
        const result = await servers.warehouse.query({ query, format: "JSONCompactStringsEachRow" });
        const [seen] = await result.json<string[]>();
        return (expected as unknown[]).every((value, i) => Number(value) === Number(seen?.[i]));
      });
    }
  } finally {
    await source.end();
  }
}

/** Waits until sync has written what the topics hold now, while more is written: its offsets pass the present ends. */
export async function awaitTopicsPassed(
  { kafka }: Servers,
  patience: number,
  signal: AbortSignal,
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    for (const topic of loaded.map(topicOf)) {
      const ends = await endsOf(admin, topic);
      await until(`sync has passed the present end of ${topic}`, patience, signal, async () => {
        const committed = await committedBy(admin, consumerGroup, topic);
        return [...ends].every(([partition, end]) => (committed.get(partition) ?? 0n) >= end);
      });
    }
  });
}

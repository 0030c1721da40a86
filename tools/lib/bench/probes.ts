import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import mysql, { type Connection, type ResultSetHeader } from "mysql2/promise";
import { realtimeViewOf, tables, topicOf, type TableSpec } from "../../../components/tables";
import { endsOf, withAdmin } from "../kafka";
import { ask, type Servers } from "./access";

/** How long one order took from its commit in the source, by this process's clock. Milliseconds. */
export interface Arrival {
  /** Until a reader of committed records had it from the topic. */
  readonly topic: number;
  /** Until a query in the warehouse showed it. */
  readonly warehouse: number;
}

/** Between two probes, on average; each pause is drawn anew, so that no interval of the pipeline is in step. */
const pause = 70;

/** Between two looks into the warehouse: seldom enough not to be the larger part of its work. Milliseconds. */
const look = 10;

/** How long the last probes may take to arrive. */
const patience = 120_000;

const orders: TableSpec = tables.find(({ table }) => table === "orders")!;

interface Probe {
  committed: number;
  topic?: number;
  warehouse?: number;
}

/**
 * Places orders one by one for a while, and watches each arrive in its topic and in the warehouse.
 *
 * @param duration milliseconds
 * @throws Error if one does not arrive
 */
export async function probeFreshness(
  servers: Servers,
  duration: number,
  signal: AbortSignal,
): Promise<Arrival[]> {
  const probes = new Map<number, Probe>();
  const source = await mysql.createConnection({ ...servers.source });
  const stopWatching = await watchTopic(servers, probes);
  const placing = new AbortController();
  const watching = watchWarehouse(servers.warehouse, probes, AbortSignal.any([signal, placing.signal]));
  try {
    const end = performance.now() + duration;
    while (performance.now() < end && !signal.aborted) {
      await place(source, probes);
      await sleep(Math.random() * 2 * pause);
    }
    await allArrived(probes, signal);
  } finally {
    placing.abort();
    await Promise.allSettled([watching, stopWatching(), source.end()]);
  }
  return [...probes.values()].map(({ committed, topic = NaN, warehouse = NaN }) => ({
    topic: topic - committed,
    warehouse: warehouse - committed,
  }));
}

async function place(source: Connection, probes: Map<number, Probe>): Promise<void> {
  const [{ insertId }] = await source.query<ResultSetHeader>(
    "INSERT INTO orders (user_id, product_name, quantity, total_price) VALUES (1, 'Probe', 1, 1)",
  );
  probes.set(insertId, { committed: performance.now() });
}

/** Notes when each probe is in its topic. Returns what ends it. */
async function watchTopic({ kafka }: Servers, probes: Map<number, Probe>): Promise<() => Promise<void>> {
  const groupId = `tributary-bench-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted: false });
  await consumer.connect();
  const topic = topicOf(orders);
  await consumer.subscribe({ topic });
  const ends = await withAdmin(kafka, (admin) => endsOf(admin, topic));
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: ({ batch }) => {
      const now = performance.now();
      for (const { key } of batch.messages) {
        const probe = probes.get(Number(/\d+/.exec(String(key))?.[0]));
        if (probe) probe.topic ??= now;
      }
      return Promise.resolve();
    },
  });
  await joined;
  // Left to itself it begins at the end of a moment later, behind the first probes.
  for (const [partition, end] of ends) consumer.seek({ topic, partition, offset: String(end) });
  return async () => {
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  };
}

/** Notes when each probe can be seen by those who query the warehouse. */
async function watchWarehouse(
  warehouse: ClickHouseClient,
  probes: Map<number, Probe>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const awaited = [...probes].filter(([, probe]) => probe.warehouse === undefined);
    if (awaited.length > 0) {
      const oldest = Math.min(...awaited.map(([, { committed }]) => committed));
      const age = Math.ceil((performance.now() - oldest) / 1000) + 1;
      // The time spares a search through all orders.
      const query = `SELECT toInt64(order_id) AS id FROM ${realtimeViewOf(orders)}
        WHERE created_at > now64(6) - INTERVAL ${age} SECOND
          AND order_id IN (${awaited.map(([id]) => id).join()})
        SETTINGS output_format_json_quote_64bit_integers = 0`;
      const seen = await ask<{ id: number }>(warehouse, query);
      const now = performance.now();
      for (const { id } of seen) probes.get(id)!.warehouse ??= now;
    }
    await sleep(look);
  }
}

async function allArrived(probes: Map<number, Probe>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patience;
  const missingIn = (place: "topic" | "warehouse") =>
    [...probes].filter(([, probe]) => probe[place] === undefined).map(([id]) => id);
  while (missingIn("topic").length + missingIn("warehouse").length > 0) {
    signal.throwIfAborted();
    if (performance.now() > deadline)
      throw new Error(
        `not all of ${probes.size} orders arrived within ${patience / 1000} s: ` +
          `not in the topic ${missingIn("topic").join()}, not in the warehouse ${missingIn("warehouse").join()}`,
      );
    await sleep(look);
  }
}

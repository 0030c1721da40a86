// A load on the source: orders with their items come, change and go, at an even rate. `tests/faults` and the benchmarks
// share it.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { messageOf, Problem } from "../problem";
import type { SourceAccess } from "../source";
import { connect, Lane, type Commit } from "./lane";
import { Pace, transactionSizeFor } from "./pace";
import { changesOf, planTransaction, seededRandom, usualMix, type LaneState, type Mix } from "./plan";
import { itemKeys, type Product } from "./statements";

/** What a load does, and how fast. */
export interface LoadOptions {
  /** Row changes per second. */
  readonly rate: number;
  /** @default usualMix */
  readonly mix?: Mix;
  /** Connections that write side by side. @default 4 */
  readonly connections?: number;
  /** Row changes of each transaction, at least, its marker's among them. @default what suits the rate */
  readonly transactionSize?: number;
  /** It ends by itself after this time. Milliseconds. @default ten minutes */
  readonly atMost?: number;
  /** Told of each transaction, once it is known to be committed. */
  readonly onCommit?: (commit: Commit) => void;
}

/** What a load has done. */
export interface Totals {
  /** Row changes committed, the markers' among them: as many as the topics get of it. */
  readonly changes: number;
  /** Transactions committed. */
  readonly transactions: number;
  /** Transactions whose commit was sent, with no answer and no way to find out before the end. */
  readonly unknown: number;
  /** Connections that broke or could not be made. */
  readonly failures: number;
  /** How long it ran. */
  readonly seconds: number;
  /** Row changes committed per second. */
  readonly rate: number;
}

/** A load that is running. */
export interface Load {
  /** Row changes made before its first transaction: markers with their items, and products that were not there. */
  readonly prepared: number;
  /** What it has done so far. */
  totals(): Totals;
  /** What stopped it before its time, if anything did. */
  readonly failure: Error | undefined;
  /**
   * Ends it: each transaction that has begun is brought to its end, as long as the source answers.
   *
   * @param within how long to try, milliseconds. @default 30 s
   * @throws Problem if the source refused something for good
   */
  stop(within?: number): Promise<Totals>;
}

/** The numbers of the orders that one load may use; far more than it can make in its time. */
const room = 100_000_000;

const productNames = Array.from({ length: 8 }, (_, i) => `Load ${i + 1}`);

/**
 * Starts a load. It writes with the rights of the platform service, and its rows stay: each order with one item, each
 * lane's marker among them.
 *
 * @throws Error if the source cannot be reached or refuses the first rows
 */
export async function startLoad(access: SourceAccess, options: LoadOptions): Promise<Load> {
  const { rate, mix = usualMix, connections = 4, atMost = 600_000 } = options;
  const size = options.transactionSize ?? transactionSizeFor(rate);
  const { lanes, prepared } = await prepareLanes(access, connections);

  const stop = new AbortController();
  // Every lane waits with it.
  setMaxListeners(0, stop.signal);
  const giveUp = new AbortController();
  const begun = performance.now();
  const pace = new Pace(rate, begun);
  let ended: number | undefined;
  let failure: Error | undefined;
  let changes = 0;
  let transactions = 0;
  let unknown = 0;

  async function drive(lane: Lane, seed: number): Promise<void> {
    const random = seededRandom(seed);
    while (!stop.signal.aborted) {
      const plan = planTransaction(lane.state, mix, size, random);
      const wait = pace.take(plan.changes, performance.now()) - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal: stop.signal }).catch(() => undefined);
      if (isAborted(stop.signal)) return;
      const { outcome, at } = await lane.make(plan, giveUp.signal);
      if (outcome === "committed") {
        changes += plan.changes;
        transactions++;
        options.onCommit?.({ marker: lane.ground.marker, serial: plan.serial, at });
      }
      // Without its end, nothing is known of the lane's rows any more.
      if (outcome === "unknown") unknown++;
      if (outcome !== "committed") return;
    }
  }

  const timer = setTimeout(() => stop.abort(), atMost);
  const driven = Promise.allSettled(
    lanes.map((lane, i) =>
      drive(lane, i + 1).catch((error: unknown) => {
        failure ??= new Problem(`the load was stopped: ${messageOf(error)}`);
        stop.abort();
      }),
    ),
  ).then(async () => {
    ended = performance.now();
    clearTimeout(timer);
    await Promise.all(lanes.map((lane) => lane.close()));
  });

  const totals = (): Totals => {
    const seconds = ((ended ?? performance.now()) - begun) / 1000;
    const failures = lanes.reduce((sum, lane) => sum + lane.failures, 0);
    return { changes, transactions, unknown, failures, seconds, rate: changes / seconds };
  };
  return {
    prepared,
    totals,
    get failure() {
      return failure;
    },
    stop: async (within = 30_000) => {
      stop.abort();
      const deadline = setTimeout(() => giveUp.abort(), within);
      await driven;
      clearTimeout(deadline);
      if (failure) throw failure;
      return totals();
    },
  };
}

/** Read afresh: a signal may have been aborted since it was last looked at. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** A lane's marker has it before the first transaction; as a quantity it may not be 0. */
const firstSerial = 1;

/** Keeps a block of keys for this load, and gives each lane its marker and its share of the block. */
async function prepareLanes(
  access: SourceAccess,
  count: number,
): Promise<{ lanes: Lane[]; prepared: number }> {
  const connection = await connect(access);
  try {
    const { products, made } = await makeProducts(connection);
    const { firstOrder, firstItem } = await reserveKeys(connection, products[0]!);
    const pivot = new Date(Date.now() - 15 * 24 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
    const starts = Array.from({ length: count }, (_, lane) => Math.floor((lane * room) / count));
    for (const start of starts)
      await connection.query(
        `BEGIN; ${insertFirst(firstOrder + start, firstItem + itemKeys * start, products[0]!)}; COMMIT`,
      );
    const lanes = starts.map((start) => {
      const state: LaneState = { serial: firstSerial, live: [], rekeyed: new Set(), next: start + 1 };
      return new Lane(access, { firstOrder, firstItem, marker: firstOrder + start, products, pivot }, state);
    });
    return { lanes, prepared: made + changesOf.insert * count };
  } finally {
    await connection.end();
  }
}

async function makeProducts(connection: Connection): Promise<{ products: Product[]; made: number }> {
  let made = 0;
  for (const name of productNames) {
    const [{ affectedRows }] = await connection.query<ResultSetHeader>(
      "INSERT INTO products (product_name) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM products WHERE product_name = ?)",
      [name, name],
    );
    made += affectedRows;
  }
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT product_id AS id, product_name AS name FROM products WHERE product_name IN (?) ORDER BY product_id",
    [productNames],
  );
  return { products: rows as Product[], made };
}

/** Moves both tables' counters past a block of keys, which nobody else is then given. */
async function reserveKeys(
  connection: Connection,
  product: Product,
): Promise<{ firstOrder: number; firstItem: number }> {
  const lock = "tributary-load";
  await connection.query("SELECT GET_LOCK(?, 60)", [lock]);
  await connection.beginTransaction();
  try {
    const [order] = await connection.query<ResultSetHeader>(
      "INSERT INTO orders (user_id, product_name, quantity, total_price) VALUES (1, ?, 1, 0)",
      [product.name],
    );
    const [item] = await connection.query<ResultSetHeader>(
      "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES (?, ?, 1, 0)",
      [order.insertId, product.id],
    );
    await connection.query(insertFirst(order.insertId + room, item.insertId + itemKeys * room, product));
    return { firstOrder: order.insertId, firstItem: item.insertId };
  } finally {
    // The counters stay where they are, the rows do not.
    await connection.rollback();
    await connection.query("SELECT RELEASE_LOCK(?)", [lock]);
  }
}

function insertFirst(order: number, item: number, product: Product): string {
  return `INSERT INTO orders (order_id, user_id, product_name, quantity, total_price)
      VALUES (${order}, 1, '${product.name}', ${firstSerial}, 0);
    INSERT INTO order_items (item_id, order_id, product_id, quantity, unit_price)
      VALUES (${item}, ${order}, ${product.id}, 1, 0)`;
}

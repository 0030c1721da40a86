import type { ClickHouseClient } from "@clickhouse/client";

/** What the bench fills a warehouse with. */
export interface BenchData {
  readonly orders: number;
  /** Inserts that the orders come in, each one part. */
  readonly parts: number;
  /** Orders that are updated and deleted afterwards, evenly over all of them; each a tenth more parts. */
  readonly changes: number;
  /** How the orders lie in the parts: one stretch of time in each, or all of the time in all. */
  readonly layout: "in order" | "interleaved";
  /** Different product names. */
  readonly products: number;
}

/** A query that people wait for. */
export interface HotQuery {
  readonly name: string;
  readonly sql: string;
}

/** Everything that has to be quick, as people write it. */
export const hotQueries: readonly HotQuery[] = [
  { name: "latest 10", sql: "SELECT * FROM orders_realtime ORDER BY created_at DESC LIMIT 10" },
  { name: "latest hour by minute", sql: "SELECT * FROM orders_per_minute ORDER BY minute DESC LIMIT 60" },
  { name: "all minutes", sql: "SELECT * FROM orders_per_minute" },
  { name: "by status", sql: "SELECT * FROM orders_by_status" },
  { name: "top products", sql: "SELECT * FROM top_products" },
  { name: "totals", sql: "SELECT * FROM order_totals" },
];

/** An aggregate that the views keep, and the same from the rows themselves: both give the same lines. */
export interface Aggregate {
  readonly name: string;
  readonly kept: string;
  readonly fromRows: string;
}

const sums = "toInt64(count()) AS orders, sum(total_price) AS revenue FROM orders_realtime";

export const aggregates: readonly Aggregate[] = [
  {
    name: "orders_per_minute",
    kept: "SELECT minute, orders, revenue FROM orders_per_minute ORDER BY minute",
    fromRows: `SELECT toDateTime64(toStartOfMinute(created_at), 0, 'UTC') AS minute, ${sums} GROUP BY minute ORDER BY minute`,
  },
  {
    name: "orders_by_status",
    kept: "SELECT status, orders, revenue FROM orders_by_status ORDER BY status",
    fromRows: `SELECT status, ${sums} GROUP BY status ORDER BY status`,
  },
  {
    name: "orders_by_product",
    kept: "SELECT product_name, orders, revenue FROM orders_by_product ORDER BY product_name",
    fromRows: `SELECT product_name, ${sums} GROUP BY product_name ORDER BY product_name`,
  },
  {
    name: "top_products",
    kept: "SELECT product_name, orders, revenue FROM top_products",
    fromRows: `SELECT product_name, ${sums} GROUP BY product_name ORDER BY revenue DESC, product_name LIMIT 10`,
  },
  {
    name: "order_totals",
    kept: "SELECT orders, revenue FROM order_totals",
    fromRows: `SELECT ${sums}`,
  },
];

/** The middle value; of an even number of values the upper one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Time between two orders, µs: ten a second. */
const interval = 100_000;

const firstOrder = "toDateTime64('2026-01-01 00:00:00', 6, 'UTC')";

/** SQL that gives `count` rows of `orders_rows`, of which `id` says the order and `version` the place. Pure. */
function rowsQuery(id: string, version: string, deleted: string, products: number, count: number): string {
  return `
    SELECT
      ${id} AS order_id,
      1 + rand(1) % 1000,
      'Product ' || toString(rand(2) % ${products}),
      1 + rand(3) % 5,
      toDecimal64(rand(4) % 100000, 2) / 100,
      ['pending', 'paid', 'shipped', 'delivered', 'cancelled'][1 + rand(5) % 5],
      ${firstOrder} + toIntervalMicrosecond(order_id * ${interval}),
      ${version},
      ${deleted},
      now64(3)
    FROM numbers(${count})`;
}

/** The inserts of the bench's data, in order. Pure. */
export function fillStatements({ orders, parts, changes, layout, products }: BenchData): string[] {
  const size = Math.floor(orders / parts);
  const into =
    "INSERT INTO orders_rows (order_id, user_id, product_name, quantity, total_price, status, created_at, " +
    "_version, _is_deleted, _topic_time)";
  const first = Array.from({ length: parts }, (_, part) => {
    const id =
      layout === "in order" ? `toInt64(number) + ${part * size}` : `toInt64(number) * ${parts} + ${part}`;
    return rowsQuery(id, "1000 + order_id * 2", "0", products, size);
  });
  const batches = 10;
  const later = Array.from({ length: changes === 0 ? 0 : batches }, (_, batch) => {
    const count = Math.floor(changes / batches);
    const id = `toInt64(rand64(6) % ${orders})`;
    // One change in ten is a delete.
    return rowsQuery(
      id,
      `${1000 + 4 * orders} + ${2 * count * batch} + 2 * number`,
      "rand(7) % 10 = 0",
      products,
      count,
    );
  });
  // One insert, one part.
  const whole = `SETTINGS max_insert_block_size = ${size + 1}, min_insert_block_size_rows = ${size + 1}, min_insert_block_size_bytes = 0, max_block_size = ${size + 1}, max_threads = 1`;
  return [...first, ...later].map((rows) => `${into} ${rows} ${whole}`);
}

/** How many minutes have changes that are not counted yet. */
export async function uncountedMinutes(client: ClickHouseClient): Promise<number> {
  const result = await client.query({
    query:
      "SELECT toInt32(count()) AS minutes FROM (SELECT minute FROM order_changes GROUP BY minute HAVING sum(changes) != 0)",
    format: "JSONEachRow",
  });
  return (await result.json<{ minutes: number }>())[0]!.minutes;
}

/** The result as text, tab-separated. */
export async function textOf(client: ClickHouseClient, query: string): Promise<string> {
  return (await client.query({ query, format: "TabSeparated" })).text();
}

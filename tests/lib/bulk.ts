import { topicOf, tables } from "../../components/tables";
import { eventually } from "./eventually";
import { source } from "./stack";
import { sizeOf } from "./topic";

/** Rows of one bulk statement. */
export const bulkRows = 100_000;

/** Where its changes go. */
export const ordersTopic = topicOf(tables.find(({ table }) => table === "orders")!);

/** Where the bulk's rows start: nobody has come there or just before yet, and who comes later goes on behind them. */
const firstKey = 1_000_000_000_000;
const endKey = firstKey + bulkRows;

/** Places the bulk's orders, in one statement: that many row changes in one event group of the binlog. */
export const insertBulk = `
  INSERT INTO orders (order_id, user_id, product_name, quantity, total_price)
  WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${bulkRows - 1})
  SELECT /*+ SET_VAR(cte_max_recursion_depth = ${bulkRows}) */ ${firstKey} + n, n % 1000 + 1, 'Bulk', 1, n % 997 FROM numbers`;

/** Changes each of them, in one statement. */
export const updateBulk = `UPDATE orders SET quantity = quantity + 1 WHERE order_id >= ${firstKey} AND order_id < ${endKey}`;

/** Gives each of them another key, in one statement: a row that goes and one that comes, so twice as many changes. */
export const rekeyBulk = `UPDATE orders SET order_id = order_id - ${bulkRows} WHERE order_id >= ${firstKey} AND order_id < ${endKey}`;

/** Removes them under whatever key, in one transaction of ten statements. */
export const deleteBulk = [
  "START TRANSACTION",
  ...Array.from({ length: 10 }, (_, i) => {
    const [from, to] = [i, i + 1].map((part) => firstKey - bulkRows + (part * 2 * bulkRows) / 10);
    return `DELETE FROM orders WHERE order_id >= ${from} AND order_id < ${to}`;
  }),
  "COMMIT",
].join("; ");

/**
 * Runs a statement of so many changes, and makes a fault when the topic has some of them but not all.
 *
 * @returns how many records the topic had got, shortly before the fault
 */
export async function inTheMiddleOf(sql: string, fault: () => Promise<unknown>): Promise<number> {
  const before = await sizeOf(ordersTopic);
  const done = source(sql);
  const { value: arrived } = await eventually(
    "a part of the bulk is in the topic",
    async () => {
      const count = (await sizeOf(ordersTopic)) - before;
      if (count < bulkRows / 10) throw new Error(`${count} records`);
      return count;
    },
    { timeout: 120_000, interval: 20 },
  );
  await fault();
  await done;
  return arrived;
}

import test from "ava";
import { execa } from "execa";
import { tables } from "../../components/tables";
import { startLoad, type Load } from "../../tools/lib/load/load";
import { Session } from "../../tools/lib/verify/session";
import { leaveOpen } from "../lib/dead-producer";
import { eventually } from "../lib/eventually";
import {
  api,
  changeWarehouse,
  placeOrder,
  platformAccess,
  source,
  stackName,
  warehouse,
  warehouseNumber,
} from "../lib/stack";
import { committedEnd } from "../lib/topic";
import { differing, verify } from "../lib/verify";

const remove = (table: string, where: string) =>
  changeWarehouse(`ALTER TABLE ${table}_rows DELETE WHERE ${where}`);

/** Writes a row again, with something else in it. */
const rewrite = (table: string, where: string, replaced: string) =>
  changeWarehouse(
    `INSERT INTO ${table}_rows
     SELECT * REPLACE (${replaced}) FROM (SELECT * FROM ${table}_rows FINAL WHERE ${where})`,
  );

/** An order that has arrived, and was changed once. */
async function arrivedOrder(): Promise<number> {
  const id = await placeOrder({ product_name: "Verified Product", total_price: "19.99" });
  await api("PATCH", `/api/orders/${id}`, { status: "paid" });
  await eventually(
    `order ${id} is paid in ClickHouse`,
    async () => {
      const where = `order_id = ${id} AND status = 'paid'`;
      if ((await warehouseNumber(`SELECT count() FROM orders_realtime WHERE ${where}`)) !== 1)
        throw new Error("no");
    },
    { timeout: 10_000 },
  );
  return id;
}

let load: Load;
/** Each connection of the load has an order that every transaction changes. */
async function write(): Promise<void> {
  load = await startLoad(await platformAccess(), { rate: 100, transactionSize: 20 });
}
test.before(write);
test.after.always(() => load.stop());

test("while writes go on, a healthy pipeline has no difference, in rows and in sums", async (t) => {
  const run = await verify();
  t.deepEqual(differing(run), {}, run.stderr);
  t.deepEqual(
    run.comparison.reports.flatMap(({ unsettled }) => unsettled),
    [],
  );
  t.deepEqual(run.comparison.wrongSums, []);
  t.is(run.exitCode, 0);
  t.deepEqual(
    run.comparison.reports.map(({ table }) => table),
    ["users", "products", "orders", "order_items"],
  );
});

test("a table whose key is text and of several columns is compared and repaired as well", async (t) => {
  const product_name = "Known by its name";
  await placeOrder({ product_name });
  const arrived = () =>
    eventually(
      "the product is in ClickHouse",
      async () => {
        const where = `product_name = '${product_name}'`;
        if ((await warehouseNumber(`SELECT count() FROM products_realtime WHERE ${where}`)) !== 1)
          throw new Error("no");
      },
      { timeout: 10_000 },
    );
  await arrived();
  await remove("products", `product_name = '${product_name}'`);

  const products = tables.find(({ table }) => table === "products")!;
  const spec = { ...products, key: ["product_name", "product_id"] as const };
  const session = await Session.open(stackName, [spec], AbortSignal.timeout(120_000));
  try {
    const [table] = session.tables;
    const found = await session.verify(table!, { repair: true, onProgress: () => undefined });
    t.deepEqual([found.differences, found.unsettled], [1, []]);
    t.is(found.examples[0]!.source?.includes(product_name), true);
    await arrived();
    const after = await session.verify(table!, { repair: false, onProgress: () => undefined });
    t.deepEqual([after.rows, after.differences], [found.rows, 0]);
  } finally {
    await session.close();
  }
});

/** Each makes an order wrong in the warehouse, and returns the key that verify has to find. */
const wrongs: Record<string, (id: number) => Promise<unknown>> = {
  "a missing row": (id) => remove("orders", `order_id = ${id}`),
  "an old version": async (id) => {
    const [row] = await warehouse<{ v: string }>(
      `SELECT _version AS v FROM orders_rows FINAL WHERE order_id = ${id}`,
    );
    const older = BigInt(row!.v) - 2n;
    await rewrite("orders", `order_id = ${id}`, `'pending' AS status, ${older} AS _version`);
    await remove("orders", `order_id = ${id} AND _version > ${older}`);
  },
  "one changed byte": (id) =>
    rewrite("orders", `order_id = ${id}`, "'Verified product' AS product_name, _version + 2 AS _version"),
  "one cent": (id) => rewrite("orders", `order_id = ${id}`, "20.00 AS total_price, _version + 2 AS _version"),
  "a cent under the same version": (id) => rewrite("orders", `order_id = ${id}`, "19.98 AS total_price"),
  "a tombstone that nobody asked for": (id) =>
    rewrite("orders", `order_id = ${id}`, "1 AS _is_deleted, _version + 2 AS _version"),
  "a second row in another month": (id) =>
    rewrite("orders", `order_id = ${id}`, "created_at - INTERVAL 62 DAY AS created_at"),
  "a version from nowhere": (id) =>
    rewrite("orders", `order_id = ${id}`, `'shipped' AS status, ${2n ** 62n} AS _version`),
};

test("it sees every kind of wrong row while writes go on, and --repair heals them all", async (t) => {
  const victims = new Map<string, string>();
  for (const [what, make] of Object.entries(wrongs)) {
    const id = await arrivedOrder();
    await make(id);
    victims.set(String(id), what);
  }
  const extra = 987_654_321;
  await rewrite("orders", `order_id = ${[...victims.keys()][2]}`, `${extra} AS order_id`);
  victims.set(String(extra), "an extra row");
  await rewrite("users", "user_id = 7", "'User 8' AS name, _version + 1 AS _version");

  const seen = await verify("--no-analytics");
  t.is(seen.exitCode, 1);
  t.deepEqual(
    differing(seen),
    { orders: [...victims.keys()].sort(), users: ["7"] },
    JSON.stringify([...victims]),
  );

  const repaired = await verify("--repair", "--no-analytics");
  t.is(repaired.exitCode, 0, repaired.stderr);
  t.deepEqual(differing(repaired), {});
  const [row] = await warehouse(`SELECT count() AS rows FROM orders_realtime WHERE order_id = ${extra}`);
  t.is(Number(row!["rows"]), 0);
});

test("it sees views that leave orders out or forget FINAL, and --repair makes them as the schema has them", async (t) => {
  await changeWarehouse(
    `CREATE OR REPLACE VIEW orders_by_status AS
     SELECT status, sum(order_sums.orders) AS orders, sum(order_sums.revenue) AS revenue
     FROM order_sums WHERE status != 'paid' GROUP BY status HAVING orders != 0`,
  );
  await changeWarehouse(
    "CREATE OR REPLACE VIEW users_realtime AS SELECT user_id, name, email, created_at FROM users_rows",
  );
  const seen = await verify("--table", "users,orders");
  t.is(seen.exitCode, 1);
  t.deepEqual(differing(seen), {});
  t.regex(seen.stderr, /view users_realtime is not as sql\/clickhouse\/users\.sql has it/);
  t.regex(seen.stderr, /view orders_by_status is not as sql\/clickhouse\/orders_analytics\.sql has it/);
  t.deepEqual(
    seen.comparison.wrongSums.map(({ view, group }) => [view, ...group]),
    [["orders_by_status", "paid"]],
    "the load's orders move what is missing",
  );
  // Sums under load were looked at by now; at rest, none has to be waited for.
  await load.stop();
  const repaired = await verify("--table", "users,orders", "--repair");
  t.is(repaired.exitCode, 0, repaired.stderr);
});

test("it sees a wrong sum, and --repair has it counted anew", async (t) => {
  await changeWarehouse(
    "INSERT INTO order_sums VALUES (toDateTime64('2024-05-05 05:05:00', 0, 'UTC'), 'paid', 'Nothing', 1, 1, 9.99, 0)",
  );
  const seen = await verify("--table", "orders");
  t.is(seen.exitCode, 1);
  t.deepEqual(differing(seen), {});
  t.deepEqual(seen.comparison.wrongSums, [
    { view: "order_sums", group: ["2024-05-05 05:05:00", "paid", "Nothing"], excess: ["1", "1", "9.99"] },
  ] as unknown[]);
  t.is((await verify("--table", "orders", "--repair")).exitCode, 0);
});

test("an order from before 1970 differs in nothing, neither do its sums", async (t) => {
  const old = "Order of 1965";
  await source(
    `INSERT INTO orders (user_id, product_name, quantity, total_price, status, created_at)
     VALUES (1, '${old}', 2, 5.50, 'paid', '1965-03-04 05:06:59.5')`,
  );
  const shown = (orders: number) =>
    eventually(
      `${old} is counted ${orders} times`,
      async () => {
        const where = `product_name = '${old}'`;
        const counted = await warehouseNumber(`SELECT sum(orders) FROM orders_by_product WHERE ${where}`);
        if (counted !== orders) throw new Error(String(counted));
      },
      { timeout: 30_000 },
    );
  await shown(1);
  const run = await verify("--table", "orders");
  t.is(run.exitCode, 0, run.stderr);
  await source(`DELETE FROM orders WHERE product_name = '${old}'`);
  await shown(0);
});

test("what waits behind the open transaction of another producer is waited for, and not called missing", async (t) => {
  const topic = "orders-cdc-topic";
  const partitions = [...(await committedEnd(topic)).keys()];
  const transactionalId = `verify-${Date.now()}`;
  await leaveOpen({ transactionalId, topic, partitions, timeout: 30_000 });
  const id = await placeOrder();
  const run = await verify("--table", "orders", "--no-analytics");
  t.deepEqual(differing(run), {});
  t.is(run.exitCode, 0, run.stderr);
  t.is(await warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${id}`), 1);
});

test("a table brought anew has again what was missing, not what was too much, and all that was written meanwhile", async (t) => {
  await write();
  const missing = await arrivedOrder();
  const [product] = await source<{ product_id: number }>(
    "SELECT product_id FROM products WHERE product_name = 'Verified Product'",
  );
  await remove("products", `product_id = ${product!.product_id}`);
  // More than Kafka takes at once, and than are judged at once.
  await changeWarehouse(
    `INSERT INTO products_rows SELECT products_rows.* REPLACE (toInt64(424242 + number) AS product_id)
     FROM products_rows, numbers(150000) AS more WHERE product_id = (SELECT min(product_id) FROM products_rows)`,
  );
  await remove("orders", `order_id = ${missing}`);
  // Nothing of MySQL's ever touches the minute in which it is.
  const fromNowhere = `${2n ** 62n} AS _version, created_at - INTERVAL 93 DAY AS created_at`;
  await rewrite("orders", `order_id = ${await arrivedOrder()}`, fromNowhere);

  const tool = ["--import", "tsx", "tools/resync.ts", "--stack", stackName, "--table", "products,orders"];
  const { exitCode, all } = await execa(process.execPath, tool, { reject: false, all: true });
  t.is(exitCode, 0, all);
  t.is(await warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${missing}`), 1);
  t.is(await warehouseNumber("SELECT count() FROM products_realtime WHERE product_id >= 424242"), 0, all);
  await load.stop();
  const { exitCode: afterwards, comparison } = await verify();
  t.is(afterwards, 0, JSON.stringify(comparison));
});

test("what it cannot check ends with 2, and is not called equal", async (t) => {
  const tool = ["--import", "tsx", "tools/verify.ts", "--stack", "no-such-stack"];
  const { exitCode, stderr } = await execa(process.execPath, tool, { reject: false });
  t.is(exitCode, 2);
  t.regex(stderr, /no-such-stack/);
});

import test from "ava";
import { execa } from "execa";
import { eventually } from "../lib/eventually";
import { container, docker, sourceNumber, stackOutputs, warehouseNumber } from "../lib/stack";

/** Places an order as the mission's document does, with curl. */
async function curlOrder(url: string, order: Record<string, unknown>) {
  const { stdout } = await execa("curl", [
    ...["--silent", "--show-error", "--fail-with-body", "-X", "POST", `${url}/api/orders`],
    ...["-H", "Content-Type: application/json", "-d", JSON.stringify(order)],
  ]);
  return JSON.parse(stdout) as { order_id: number };
}

async function sameCounts(table: string) {
  const [inSource, inWarehouse] = await Promise.all([
    sourceNumber(`SELECT COUNT(*) FROM ${table}`),
    warehouseNumber(`SELECT COUNT(*) FROM ${table}_realtime`),
  ]);
  if (inSource !== inWarehouse) throw new Error(`MySQL has ${inSource} ${table}, ClickHouse ${inWarehouse}`);
  return inSource;
}

test("scenario 1: an order placed with curl is in orders_realtime within 5 seconds", async (t) => {
  const { platformApiUrl } = await stackOutputs();
  const order = await curlOrder(platformApiUrl, {
    user_id: 1,
    product_name: "Test Product",
    quantity: 1,
    total_price: 100,
  });
  const { value, after } = await eventually(
    "the order is among the latest ten in ClickHouse",
    async () => {
      const rows = await docker(
        ...["exec", await container("clickhouse-server"), "clickhouse-client"],
        ...["--query", "SELECT * FROM orders_realtime ORDER BY created_at DESC LIMIT 10"],
      );
      const row = rows.split("\n").find((line) => line.startsWith(`${order.order_id}\t`));
      if (!row) throw new Error(rows);
      return row.split("\t");
    },
    { timeout: 5_000 },
  );
  t.deepEqual(value.slice(0, 6), [String(order.order_id), "1", "Test Product", "1", "100", "pending"]);
  t.log(`seen after ${Math.round(after)} ms`);
});

test("scenario 2: a hundred orders, and the counts are equal within 10 seconds", async (t) => {
  const { platformApiUrl } = await stackOutputs();
  const before = await sourceNumber("SELECT COUNT(*) FROM orders");
  for (let i = 1; i <= 100; i++) {
    await curlOrder(platformApiUrl, {
      user_id: i,
      product_name: `Product ${i}`,
      quantity: 1,
      total_price: 100,
    });
  }
  t.is(await sourceNumber("SELECT COUNT(*) FROM orders"), before + 100);
  for (const table of ["orders", "order_items", "products", "users"]) {
    await eventually(`as many ${table} in ClickHouse as in MySQL`, () => sameCounts(table), {
      timeout: 10_000,
    });
  }
  t.is(await warehouseNumber("SELECT COUNT(*) FROM orders_realtime"), before + 100);
});

test("scenario 3: after a restart of the JobManager the counts are equal again", async (t) => {
  const { platformApiUrl } = await stackOutputs();
  const before = await sourceNumber("SELECT COUNT(*) FROM orders");
  const restart = docker("restart", await container("flink-jobmanager"));
  for (let i = 1; i <= 50; i++) {
    await curlOrder(platformApiUrl, {
      user_id: i,
      product_name: "While restarting",
      quantity: 2,
      total_price: "19.98",
    });
  }
  await restart;
  await eventually("as many orders in ClickHouse as in MySQL", () => sameCounts("orders"), {
    timeout: 90_000,
  });
  t.is(await warehouseNumber("SELECT COUNT(*) FROM orders_realtime"), before + 50);
});

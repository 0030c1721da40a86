import test from "ava";
import { eventually } from "../lib/eventually";
import { api, placeOrder, source, warehouse, warehouseNumber } from "../lib/stack";

/** An order's row in the warehouse, as soon as it is what is expected. */
async function becomes(orderId: number, expected: Record<string, unknown> | undefined) {
  await eventually(
    `order ${orderId} is ${JSON.stringify(expected)} in ClickHouse`,
    async () => {
      const rows = await warehouse(`SELECT * FROM orders_realtime WHERE order_id = ${orderId}`);
      const wanted = expected ? 1 : 0;
      const same = Object.entries(expected ?? {}).every(([column, value]) => rows[0]?.[column] === value);
      if (rows.length !== wanted || !same) throw new Error(JSON.stringify(rows));
    },
    { timeout: 5_000 },
  );
}

test("rows that were there before the capture job are in the warehouse", async (t) => {
  t.is(await warehouseNumber("SELECT COUNT(*) FROM users_realtime WHERE user_id <= 1000"), 1000);
});

test("a changed status arrives", async (t) => {
  const id = await placeOrder();
  const { status } = await api("PATCH", `/api/orders/${id}`, { status: "paid" });
  t.is(status, 200);
  await becomes(id, { status: "paid" });
});

test("a deleted order and its item leave the warehouse", async (t) => {
  const id = await placeOrder();
  await becomes(id, { status: "pending" });
  const { status } = await api("DELETE", `/api/orders/${id}`);
  t.is(status, 204);
  await becomes(id, undefined);
  await eventually(
    "the item is gone from ClickHouse",
    async () => {
      const items = await warehouseNumber(`SELECT COUNT(*) FROM order_items_realtime WHERE order_id = ${id}`);
      if (items !== 0) throw new Error(`${items} items`);
    },
    { timeout: 5_000 },
  );
});

test("a hundred changes of one row in one transaction end in the last one", async (t) => {
  const id = await placeOrder();
  const updates = Array.from(
    { length: 100 },
    (_, i) => `UPDATE orders SET quantity = ${i + 2} WHERE order_id = ${id};`,
  );
  await source(`START TRANSACTION; ${updates.join(" ")} COMMIT;`);
  await becomes(id, { quantity: 101 });
  t.is(await warehouseNumber(`SELECT COUNT(*) FROM orders_realtime WHERE order_id = ${id}`), 1);
});

test("a row whose month changes is there once, with its new month", async (t) => {
  const id = await placeOrder();
  await source("UPDATE orders SET created_at = '2024-02-29 23:59:59.999999' WHERE order_id = ?", [id]);
  await becomes(id, { created_at: "2024-02-29 23:59:59.999999" });
  t.is(await warehouseNumber(`SELECT COUNT(*) FROM orders_realtime WHERE order_id = ${id}`), 1);
});

test("quotes, emoji, tabs and 255 characters arrive as they were", async (t) => {
  const names = [`"quoted" 'twice' \\ back`, "🛒 Ünïcödé 漢字", "tab\tand line\nbreak", "x".repeat(255)];
  for (const product_name of names) {
    const id = await placeOrder({ product_name });
    await becomes(id, { product_name });
    t.is(await warehouseNumber(`SELECT COUNT(*) FROM orders_realtime WHERE order_id = ${id}`), 1);
  }
});

test("amounts are exact to the cent", async (t) => {
  for (const [given, kept] of [
    ["9999999999.99", 9999999999.99],
    ["0.10", 0.1],
    ["19.99", 19.99],
  ] as const) {
    const id = await placeOrder({ total_price: given });
    await becomes(id, { total_price: kept });
    const [row] = await warehouse(
      `SELECT toString(total_price) AS price FROM orders_realtime WHERE order_id = ${id}`,
    );
    t.is(Number(row!["price"]).toFixed(2), given);
  }
});

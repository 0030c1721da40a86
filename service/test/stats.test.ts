import test from "ava";
import { Unavailable } from "../src/http/problem";
import { appInMemory, problemsOf, send } from "./support/app";

/** Answers by the table that is asked, as ClickHouse does: counts may be numbers or text. */
function warehouse(tables: Record<string, object[]>) {
  const asked: string[] = [];
  return {
    asked,
    async rows<Row>(sql: string): Promise<Row[]> {
      const table = /FROM (\w+)/.exec(sql)?.[1] ?? "";
      asked.push(table);
      const rows = tables[table];
      if (!rows) throw new Unavailable(`the warehouse has no numbers right now: no table ${table}`);
      return rows as Row[];
    },
    answers: async () => true,
    onApplicationShutdown: async () => undefined,
  };
}

const full = {
  order_totals: [{ orders: "3", revenue: "300.00" }],
  orders_per_minute: [{ minute: "2025-01-11T10:30:00Z", orders: 3, revenue: "300.00" }],
  orders_by_status: [{ status: "pending", orders: 3, revenue: "300.00" }],
  top_products: [{ product_name: "Test Product", orders: 3, quantity: "3", revenue: "300.00" }],
};

test("the numbers of all views are in one answer", async (t) => {
  const app = await appInMemory(t, { warehouse: warehouse(full) });
  t.deepEqual(await send(app, "GET", "/api/stats").then(({ status, body }) => ({ status, body })), {
    status: 200,
    body: {
      orders: 3,
      revenue: "300.00",
      per_minute: [{ minute: "2025-01-11T10:30:00Z", orders: 3, revenue: "300.00" }],
      by_status: [{ status: "pending", orders: 3, revenue: "300.00" }],
      top_products: [{ product_name: "Test Product", orders: 3, quantity: 3, revenue: "300.00" }],
    },
  });
});

test("many pages cost one look", async (t) => {
  const standIn = warehouse(full);
  const app = await appInMemory(t, { warehouse: standIn });
  await Promise.all(Array.from({ length: 50 }, () => send(app, "GET", "/api/stats")));
  t.deepEqual(standIn.asked.sort(), [
    "order_totals",
    "orders_by_status",
    "orders_per_minute",
    "top_products",
  ]);
});

test("a missing view is said, not shown as zero", async (t) => {
  const { order_totals: _, ...rest } = full;
  const answer = await send(await appInMemory(t, { warehouse: warehouse(rest) }), "GET", "/api/stats");
  t.is(answer.status, 503);
  t.regex(problemsOf(answer).join(), /no table order_totals/);
});

test("an order's arrival is told once it has arrived", async (t) => {
  const there = await appInMemory(t, { warehouse: warehouse({ orders_rows: [{ took_ms: "412" }] }) });
  t.deepEqual((await send(there, "GET", "/api/arrivals/7")).body, { order_id: 7, took_ms: 412 });
  const notYet = await appInMemory(t, { warehouse: warehouse({ orders_rows: [] }) });
  t.deepEqual((await send(notYet, "GET", "/api/arrivals/7")).body, { order_id: 7, took_ms: null });
});

import test from "ava";
import { rowsTableOf, tables } from "../../components/tables";
import { eventually } from "../lib/eventually";
import { api, source, warehouse } from "../lib/stack";

/** Columns that the warehouse has beside MySQL's. */
const ownColumns = ["_version", "_is_deleted", "_topic_time", "_ingested_at"];

test("the warehouse has exactly the source's columns, in their order", async (t) => {
  for (const spec of tables) {
    const inSource = await source<{ name: string }>(
      "SELECT column_name AS name FROM information_schema.columns " +
        "WHERE table_schema = 'platform' AND table_name = ? ORDER BY ordinal_position",
      [spec.table],
    );
    const names = inSource.map(({ name }) => name);
    const columnsOf = async (table: string) =>
      (await warehouse<{ name: string }>(`DESCRIBE TABLE ${table}`)).map(({ name }) => name);
    t.deepEqual(await columnsOf(rowsTableOf(spec)), [...names, ...ownColumns], spec.table);
    t.deepEqual(await columnsOf(`${spec.table}_realtime`), names, spec.table);
  }
});

interface Stats {
  orders: number;
  revenue: string;
}

test("the live numbers equal MySQL's own sums, to the cent", async (t) => {
  const [expected] = await source<{ orders: number; revenue: string }>(
    "SELECT COUNT(*) AS orders, CAST(COALESCE(SUM(total_price), 0) AS CHAR) AS revenue FROM orders",
  );
  await eventually(
    "/api/stats gives MySQL's numbers",
    async () => {
      const { body } = await api("GET", "/api/stats");
      const stats = body as unknown as Stats;
      if (stats.orders !== expected!.orders || stats.revenue !== expected!.revenue) {
        throw new Error(`MySQL ${JSON.stringify(expected)}, /api/stats ${JSON.stringify(stats)}`);
      }
    },
    { timeout: 10_000 },
  );
  t.true(expected!.orders > 0);
});

test("orders by status equal MySQL's", async (t) => {
  const counted = "SELECT status, COUNT(*) AS orders FROM orders GROUP BY status ORDER BY status";
  const expected = await source<{ status: string; orders: number }>(counted);
  await eventually(
    "the view counts as MySQL does",
    async () => {
      const rows = await warehouse<{ status: string; orders: string }>(
        "SELECT status, orders FROM orders_by_status WHERE orders > 0 ORDER BY status",
      );
      const seen = rows.map(({ status, orders }) => ({ status, orders: Number(orders) }));
      if (JSON.stringify(seen) !== JSON.stringify(expected))
        throw new Error(JSON.stringify({ seen, expected }));
    },
    { timeout: 10_000 },
  );
  t.true(expected.length > 0);
});

import path from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import test from "ava";
import fc from "fast-check";
import { projectFolder } from "../../tools/lib/project";
import { ScratchClickHouse } from "../../tools/lib/scratch-clickhouse";
import { applySchema } from "../../tools/lib/warehouse-schema";
import { eventually } from "../lib/eventually";
import {
  countBy,
  deliveries,
  histories,
  type Order,
  type OrderRow,
  play,
  priceOf,
} from "../lib/orders-model";

const schemaFolder = path.join(projectFolder, "sql", "clickhouse");

/** How long the numbers may be behind on a busy machine, ms. On a quiet one it is about a second. */
const patience = 60_000;

let server: ScratchClickHouse;
let schema: ClickHouseClient;
let sync: ClickHouseClient;
let reader: ClickHouseClient;

test.before(async () => {
  server = await ScratchClickHouse.start();
  await connect();
});

test.after.always(() => server?.remove());

async function connect(): Promise<void> {
  await applySchema(server.credentials("schema"), schemaFolder, () => undefined);
  schema = server.client("schema");
  sync = server.client("sync");
  reader = server.client("reader");
}

async function rowsOf<T>(query: string, client: ClickHouseClient = reader): Promise<T[]> {
  return (await client.query({ query, format: "JSONEachRow" })).json<T>();
}

async function deliver(values: OrderRow[]): Promise<void> {
  await sync.insert({ table: "orders_rows", values, format: "JSONEachRow" });
}

/**
 * Takes every order away, as a filter by hand would, and has the numbers counted again as orders_analytics.sql says. A
 * minute that is being counted for the first time is not in the sums yet, but in the changes.
 */
async function startEmpty(): Promise<void> {
  await schema.command({ query: "TRUNCATE TABLE orders_rows" });
  await schema.command({ query: "INSERT INTO order_changes SELECT DISTINCT minute, 1 FROM order_changes" });
  await schema.command({ query: "INSERT INTO order_changes SELECT DISTINCT minute, 1 FROM order_sums" });
  await numbersAre([]);
}

const count = "toInt32(orders) AS orders, toDecimalString(revenue, 2) AS revenue";

/** Everything that the views say, and how many minutes are still to be counted. */
async function numbers() {
  return {
    waiting: await rowsOf(
      "SELECT minute FROM order_changes GROUP BY minute HAVING sum(changes) != 0",
      schema,
    ),
    totals: await rowsOf(`SELECT ${count} FROM order_totals`),
    statuses: await rowsOf(`SELECT status AS name, ${count} FROM orders_by_status ORDER BY name`),
    minutes: await rowsOf(`SELECT toString(minute) AS name, ${count} FROM orders_per_minute ORDER BY name`),
    products: await rowsOf(
      `SELECT product_name AS name, toInt32(quantity) AS quantity, ${count} FROM orders_by_product ORDER BY name`,
    ),
  };
}

function expectedNumbers(orders: readonly Order[]) {
  const plain = (groupOf: (order: Order) => string) =>
    countBy(orders, groupOf).map(({ name, orders: counted, revenue }) => ({
      name,
      orders: counted,
      revenue,
    }));
  return {
    waiting: [],
    totals: [{ orders: orders.length, revenue: priceOf(orders.reduce((sum, { cents }) => sum + cents, 0)) }],
    statuses: plain(({ status }) => status),
    minutes: plain(({ created_at }) => `${created_at.slice(0, 16)}:00`),
    products: countBy(orders, ({ product_name }) => product_name),
  };
}

async function numbersAre(orders: readonly Order[]): Promise<void> {
  const expected = canonical(expectedNumbers(orders));
  await eventually(
    "the views say what the model says",
    async () => {
      const seen = canonical(await numbers());
      if (seen !== expected) throw new Error(`\nviews ${seen}\nmodel ${expected}`);
    },
    { timeout: patience, interval: 200 },
  );
}

/** JSON with sorted names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

async function ordersAre(
  t: { is: (a: string, b: string) => unknown },
  orders: readonly Order[],
): Promise<void> {
  const seen = await rowsOf(
    "SELECT toInt32(order_id) AS order_id, product_name, quantity, toDecimalString(total_price, 2) AS price, " +
      "status, toString(created_at) AS created_at FROM orders_realtime ORDER BY order_id",
  );
  const expected = orders
    .map(({ cents, ...order }) => ({ ...order, price: priceOf(cents) }))
    .sort((a, b) => a.order_id - b.order_id);
  t.is(canonical(seen), canonical(expected));
}

test.serial("applying the schema again changes nothing", async (t) => {
  const tables =
    "SELECT name, create_table_query FROM system.tables WHERE database = 'platform' ORDER BY name";
  const before = await rowsOf(tables, schema);
  await applySchema(server.credentials("schema"), schemaFolder, () => undefined);
  t.deepEqual(await rowsOf(tables, schema), before);
});

test.serial(
  "any history of inserts, updates, moves and deletes, in any order and repeated, ends in MySQL's rows and sums",
  async (t) => {
    await fc.assert(
      fc.asyncProperty(
        histories.chain((history) => {
          const { orders, rows } = play(history);
          return fc.record({ orders: fc.constant(orders), batches: deliveries(rows) });
        }),
        async ({ orders, batches }) => {
          await startEmpty();
          // Several writers at once, while the counting goes on.
          const queue = [...batches];
          const writer = async () => {
            for (let batch = queue.shift(); batch; batch = queue.shift()) await deliver(batch);
          };
          await Promise.all([writer(), writer(), writer()]);
          await ordersAre(t, orders);
          await numbersAre(orders);
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  },
);

test.serial("a crash in the middle of writing and counting leaves no number wrong", async (t) => {
  await startEmpty();
  const [history] = fc.sample(histories, { numRuns: 1 });
  const { orders, rows } = play(history!);
  const queue = fc.sample(deliveries(rows), { numRuns: 1 })[0]!;
  let delivered = 0;
  const writing = (async () => {
    while (delivered < queue.length) {
      try {
        await deliver(queue[delivered]!);
        delivered += 1;
      } catch {
        // Not acknowledged: it is sent again, to the server that comes back.
        await eventually("the server is back", () => sync.command({ query: "SELECT 1" }), {
          timeout: patience,
        });
      }
    }
  })();
  for (const part of [1, 2, 3]) {
    await eventually(
      `${part}/4 are delivered`,
      async () => {
        if (delivered < (queue.length * part) / 4) throw new Error(`${delivered} of ${queue.length}`);
      },
      { timeout: patience, interval: 5 },
    );
    await server.crash();
    await connect();
  }
  await writing;
  await ordersAre(t, orders);
  await numbersAre(orders);
  t.true(delivered === queue.length);
});

test.serial("the latest ten orders come newest first", async (t) => {
  await startEmpty();
  const { orders, rows } = play(
    Array.from({ length: 60 }, (_, index) => ({
      kind: "write" as const,
      order: {
        order_id: index + 1,
        product_name: "Laptop",
        quantity: 1,
        cents: 100,
        status: "pending",
        created_at: `2026-0${1 + (index % 6)}-10 10:00:${String(index).padStart(2, "0")}.000000`,
      },
    })),
  );
  for (const row of rows) await deliver([row]);
  const seen = await rowsOf<{ id: number }>(
    "SELECT toInt32(order_id) AS id FROM (SELECT * FROM orders_realtime ORDER BY created_at DESC LIMIT 10)",
  );
  const newest = [...orders].sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, 10);
  t.deepEqual(
    seen.map(({ id }) => id),
    newest.map(({ order_id }) => order_id),
  );
});

test.serial("many small inserts leave few parts", async (t) => {
  await startEmpty();
  const row = play([
    {
      kind: "write",
      order: {
        order_id: 1,
        product_name: "Laptop",
        quantity: 1,
        cents: 100,
        status: "pending",
        created_at: "2026-01-01 00:00:00.000000",
      },
    },
  ]).rows[0]!;
  for (let id = 1; id <= 400; id += 1) await deliver([{ ...row, order_id: id }]);
  await eventually(
    "merges keep up",
    async () => {
      const [parts] = await rowsOf<{ parts: number }>(
        "SELECT toInt32(count()) AS parts FROM system.parts WHERE active AND database = 'platform' AND table = 'orders_rows'",
        schema,
      );
      if (parts!.parts > 30) throw new Error(`${parts!.parts} parts`);
    },
    { timeout: patience },
  );
  const [counted] = await rowsOf<{ rows: number }>("SELECT toInt32(count()) AS rows FROM orders_realtime");
  t.is(counted!.rows, 400);
});

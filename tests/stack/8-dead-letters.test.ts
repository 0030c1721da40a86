import test from "ava";
import { execa } from "execa";
import { eventually } from "../lib/eventually";
import { kafka, placeOrder, source, stackName, warehouse, warehouseNumber } from "../lib/stack";

const topic = "orders-cdc-topic";

/** Orders that are in no source: their changes are made here, and taken away again at the end. New ones for each run. */
const firstId = 9_000_000_000_000 + 10 * (Date.now() % 1_000_000_000);
const ids = { between: firstId, bad: firstId + 1, healed: firstId + 2 };

function change(op: "c" | "d", order_id: number, changes: object = {}): Buffer {
  const order = {
    order_id,
    user_id: 1,
    product_name: "Dead letter",
    quantity: 1,
    total_price: "1.00",
    status: "pending",
    created_at: "2026-01-01T00:00:00.000000Z",
    ...changes,
  };
  const [before, after] = op === "d" ? [order, null] : [null, order];
  const source = { epoch: 0, db: "platform", table: "orders", ts_ms: 0, file: "binlog.000001" };
  // A delete's place is behind its insert's.
  const place = { ...source, pos: op === "d" ? 200 : 100, row: 0 };
  return Buffer.from(JSON.stringify({ before, after, op, ts_ms: Date.now(), source: place }));
}

const keyOf = (id: number) => Buffer.from(JSON.stringify({ order_id: id }));

async function send(
  to: string,
  messages: { key: Buffer; value: Buffer; headers?: Record<string, string> }[],
): Promise<void> {
  const producer = (await kafka()).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    await producer.send({ topic: to, messages: messages.map((one) => ({ ...one, partition: 0 })) });
  } finally {
    await producer.disconnect();
  }
}

async function deadLetters(...args: string[]): Promise<string> {
  const tool = ["--import", "tsx", "tools/dead-letters.ts", "--stack", stackName, ...args];
  return (await execa(process.execPath, tool)).stdout;
}

const isThere = (id: number) => warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${id}`);

async function arrives(id: number): Promise<void> {
  await eventually(
    `order ${id} is in the warehouse`,
    async () => {
      if ((await isThere(id)) !== 1) throw new Error("not yet");
    },
    { timeout: 60_000 },
  );
}

test("what cannot be read or taken goes to the dead letters, and the rest of its batch arrives", async (t) => {
  await send(topic, [
    { key: Buffer.from("broken"), value: Buffer.from("{ this is no JSON") },
    { key: keyOf(ids.between), value: change("c", ids.between) },
    { key: keyOf(ids.bad), value: change("c", ids.bad, { total_price: "a lot" }) },
  ]);
  await arrives(ids.between);
  await arrives(await placeOrder());
  const { value: listing } = await eventually(
    "both are dead letters",
    async () => {
      const text = await deadLetters();
      if (!text.includes("broken") || !text.includes(String(ids.bad))) throw new Error(text);
      return text;
    },
    { timeout: 60_000, interval: 1_000 },
  );
  t.regex(listing, /orders-cdc-topic\/0\/\d+ .*broken .*not a change event/);
  t.regex(listing, new RegExp(`${ids.bad}.*total_price.*a lot`));
  t.is(await isThere(ids.bad), 0);
});

test("a date that is none makes its row a dead letter, and is not taken for another date", async (t) => {
  const name = `Dated ${firstId}`;
  await source(
    `SET SESSION sql_mode = ''; INSERT INTO orders (user_id, product_name, quantity, total_price, created_at)
     VALUES (1, '${name}', 1, 1.00, '0000-00-00'), (1, '${name}', 1, 1.00, '2026-00-01')`,
  );
  const orders = await source<{ order_id: number }>(
    `SELECT order_id FROM orders WHERE product_name = '${name}'`,
  );
  t.is(orders.length, 2);
  for (const { order_id } of orders)
    await eventually(
      `order ${order_id} is a dead letter`,
      async () => {
        const listing = await deadLetters();
        if (!new RegExp(`order_id":${order_id}.*created_at`).test(listing)) throw new Error(listing);
      },
      { timeout: 60_000, interval: 1_000 },
    );
  await source(`DELETE FROM orders WHERE product_name = '${name}'`);
  await arrives(await placeOrder());
  t.is(await warehouseNumber(`SELECT count() FROM orders_rows WHERE product_name = '${name}'`), 0);
});

test("a replayed letter is not listed again, and one that fails again is", async (t) => {
  const letterOf = (listing: string, key: string) =>
    listing
      .split("\n")
      .find((line) => line.includes(key))
      ?.split(/\s+/)[1];
  const before = letterOf(await deadLetters(), String(ids.bad))!;
  t.regex(await deadLetters("--replay", before), /1 replayed/);
  await eventually(
    "it has failed again",
    async () => {
      const listing = await deadLetters();
      const after = letterOf(listing, String(ids.bad));
      if (after === undefined || after === before || listing.includes(`${before} `)) throw new Error(listing);
    },
    { timeout: 60_000, interval: 1_000 },
  );
});

test("a letter whose reason is gone arrives when it is replayed, byte for byte", async (t) => {
  const letter = {
    topic,
    partition: "0",
    offset: String(firstId),
    timestamp: "0",
    reason: "gone",
    table: "orders_rows",
  };
  const product_name = "Ünïcödé 🛒 ";
  await send(`${topic}-dlq`, [
    { key: keyOf(ids.healed), value: change("c", ids.healed, { product_name }), headers: letter },
  ]);
  await deadLetters("--replay", `${topic}/0/${firstId}`);
  await arrives(ids.healed);
  const [row] = await warehouse(`SELECT product_name FROM orders_realtime WHERE order_id = ${ids.healed}`);
  t.is(row!["product_name"], product_name);
});

test("an unknown letter is refused by name", async (t) => {
  const error = await t.throwsAsync(deadLetters("--replay", "orders-cdc-topic/0/999999999"));
  t.regex(error.message, /no open dead letter is called orders-cdc-topic\/0\/999999999/);
});

test.after.always("the warehouse is as the source again", async (t) => {
  await send(
    topic,
    [ids.between, ids.healed].map((id) => ({ key: keyOf(id), value: change("d", id) })),
  );
  await eventually(
    "the orders of these tests are gone",
    async () => {
      const left = await warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id >= ${firstId}`);
      if (left !== 0) throw new Error(`${left} left`);
    },
    { timeout: 60_000 },
  );
  t.pass();
});

/** Against a real MySQL with the migrations applied, named by MYSQL_HOST, MYSQL_PORT, … like the service's own. */
import { randomUUID } from "node:crypto";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import test, { ExecutionContext } from "ava";
import { createPool, RowDataPacket } from "mysql2/promise";
import { createApp } from "../../src/app";
import type { Order } from "../../src/orders/order";
import { readSettings } from "../../src/settings";
import { nobodyThere, order, problemsOf, send, started } from "../support/app";
import { openProxy, Proxy } from "../support/proxy";

const { source } = readSettings({
  CLICKHOUSE_URL: nobodyThere.warehouse.url,
  ...warehouseNames(),
  ...process.env,
});
const database = createPool({ ...source, timezone: "Z", dateStrings: true, connectionLimit: 2 });
test.after.always(() => database.end());

test("an order is stored with its item and its new product, as MySQL itself shows them", async (t) => {
  const app = await realApp(t);
  const product_name = `Product ${randomUUID()}`;
  const { body, status } = await send(app, "POST", "/api/orders", {
    ...order,
    product_name,
    quantity: 3,
    total_price: "100.00",
    status: "paid",
  });
  t.is(status, 201);
  const { order_id, created_at } = body as Order;
  t.deepEqual(await rows("SELECT * FROM orders WHERE order_id = ?", order_id), [
    {
      order_id,
      user_id: 1,
      product_name,
      quantity: 3,
      total_price: "100.00",
      status: "paid",
      created_at: created_at.replace("T", " ").replace("Z", ""),
    },
  ]);
  t.deepEqual(
    await rows(
      "SELECT i.quantity, i.unit_price, p.product_name FROM order_items i JOIN products p USING (product_id) WHERE order_id = ?",
      order_id,
    ),
    [{ quantity: 3, unit_price: "33.33", product_name }],
  );
  const [{ age }] = (await rows(
    "SELECT ABS(TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP(6))) AS age FROM orders WHERE order_id = ?",
    order_id,
  )) as [{ age: number }];
  t.true(age < 60, `created_at is UTC and now; it is ${age} s off`);
});

test("an order comes back from every way of reading it as it was answered", async (t) => {
  const app = await realApp(t);
  const { body } = await send(app, "POST", "/api/orders", order);
  const placed = body as Order;
  t.deepEqual((await send(app, "GET", `/api/orders/${placed.order_id}`)).body, placed);
  const { body: page } = await send(app, "GET", "/api/orders?limit=200");
  t.deepEqual(
    (page as { items: Order[] }).items.find(({ order_id }) => order_id === placed.order_id),
    placed,
  );
});

test("text is stored exactly: quotes, emoji, 255 characters, spaces, case and accents", async (t) => {
  const app = await realApp(t);
  const unique = randomUUID();
  for (const product_name of [
    `'"\\;-- %_ ${unique}`,
    `${"😀".repeat(255 - unique.length)}${unique}`,
    ` ${unique} `,
    `${unique} `,
    `cafe ${unique}`,
    `Cafe ${unique}`,
    `café ${unique}`,
    `cafe\u0301 ${unique}`,
    `\u0000\n\t${unique}`,
  ]) {
    const { body } = await send(app, "POST", "/api/orders", { ...order, product_name });
    const { order_id } = body as Order;
    t.is(
      (await send(app, "GET", `/api/orders/${order_id}`).then(({ body }) => body as Order)).product_name,
      product_name,
    );
    const bytes = await rows(
      "SELECT HEX(o.product_name) AS o, HEX(p.product_name) AS p FROM orders o JOIN order_items USING (order_id) JOIN products p USING (product_id) WHERE order_id = ?",
      order_id,
    );
    const hex = Buffer.from(product_name).toString("hex").toUpperCase();
    t.deepEqual(bytes, [{ o: hex, p: hex }]);
  }
});

test("the largest amount and quantity are stored exactly", async (t) => {
  const app = await realApp(t);
  const { body, status } = await send(
    app,
    "POST",
    "/api/orders",
    '{"user_id":1000,"product_name":"Island","quantity":2147483647,"total_price":9999999999.99}',
  );
  t.is(status, 201);
  const { order_id } = body as Order;
  t.deepEqual(await rows("SELECT quantity, total_price FROM orders WHERE order_id = ?", order_id), [
    { quantity: 2147483647, total_price: "9999999999.99" },
  ]);
});

test("an unknown user is named, and nothing is left of the order or its product", async (t) => {
  const app = await realApp(t);
  const product_name = `Product ${randomUUID()}`;
  const answer = await send(app, "POST", "/api/orders", { ...order, product_name, user_id: 987654321 });
  t.is(answer.status, 400);
  t.deepEqual(problemsOf(answer), ["user_id 987654321 is not a known user"]);
  await nothingOf(t, product_name);
});

test("many orders that bring the same new product at once all succeed, with one product", async (t) => {
  const app = await realApp(t);
  for (let round = 0; round < 5; round++) {
    const product_name = `Product ${randomUUID()}`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(app, "POST", "/api/orders", { ...order, product_name })),
    );
    t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    t.deepEqual(
      await rows(
        "SELECT COUNT(DISTINCT i.product_id) AS products, COUNT(*) AS items FROM orders JOIN order_items i USING (order_id) WHERE product_name = ?",
        product_name,
      ),
      [{ products: 1, items: 20 }],
    );
  }
});

test("orders placed, changed and removed at once do not get in each other's way", async (t) => {
  const app = await realApp(t);
  const one = async (i: number): Promise<number[]> => {
    const { body, status } = await send(app, "POST", "/api/orders", {
      ...order,
      product_name: `New ${i} ${randomUUID()}`,
    });
    const url = `/api/orders/${(body as Order).order_id}`;
    const changed = await send(app, "PATCH", url, { status: "shipped" });
    const removed =
      i % 2 === 0 ? [(await send(app, "DELETE", url)).status, (await send(app, "DELETE", url)).status] : [];
    return [status, changed.status, ...removed];
  };
  const statuses = await Promise.all(Array.from({ length: 60 }, (_, i) => one(i)));
  statuses.forEach((seen, i) => t.deepEqual(seen, i % 2 === 0 ? [201, 200, 204, 404] : [201, 200]));
});

test("a status changes, created_at never", async (t) => {
  const app = await realApp(t);
  const { body: placed } = await send(app, "POST", "/api/orders", order);
  const url = `/api/orders/${(placed as Order).order_id}`;
  t.deepEqual((await send(app, "PATCH", url, { status: "paid" })).body, {
    ...(placed as Order),
    status: "paid",
  });
  const again = await send(app, "PATCH", url, { status: "paid" });
  t.is(again.status, 200, "the same status again is no error");
  t.deepEqual((await send(app, "GET", url)).body, { ...(placed as Order), status: "paid" });
});

test("removing an order removes its items and leaves its product", async (t) => {
  const app = await realApp(t);
  const product_name = `Product ${randomUUID()}`;
  const { body } = await send(app, "POST", "/api/orders", { ...order, product_name });
  const { order_id } = body as Order;
  t.is((await send(app, "DELETE", `/api/orders/${order_id}`)).status, 204);
  t.deepEqual(await rows("SELECT * FROM order_items WHERE order_id = ?", order_id), []);
  t.deepEqual(await rows("SELECT * FROM orders WHERE order_id = ?", order_id), []);
  t.is((await rows("SELECT * FROM products WHERE product_name = ?", product_name)).length, 1);
  t.is((await send(app, "DELETE", `/api/orders/${order_id}`)).status, 404);
});

test("the list is newest first, also among orders of the same microsecond, and is followed without gaps or doubles", async (t) => {
  const app = await realApp(t);
  const far = "2099-01-01 00:00:00.000001";
  for (let i = 0; i < 5; i++) {
    await database.query(
      "INSERT INTO orders (user_id, product_name, quantity, total_price, created_at) VALUES (1, 'Future', 1, 1, ?)",
      [far],
    );
  }
  const expected = (
    await rows("SELECT order_id FROM orders WHERE created_at = ? ORDER BY order_id DESC", far)
  ).map(({ order_id }) => order_id as number);
  const seen: number[] = [];
  let next = "";
  while (seen.length < expected.length) {
    const { body } = await send(app, "GET", `/api/orders?limit=2${next}`);
    const { items, next_before } = body as { items: Order[]; next_before: string };
    seen.push(...items.map(({ order_id }) => order_id));
    next = `&before=${encodeURIComponent(next_before)}`;
  }
  await database.query("DELETE FROM orders WHERE created_at = ?", [far]);
  t.deepEqual(seen.slice(0, expected.length), expected);
});

test("both ways through a long list use the index", async (t) => {
  await database.query(
    `INSERT INTO orders (user_id, product_name, quantity, total_price, created_at)
     SELECT a.user_id, 'Long ago', 1, 1, '2020-01-01' + INTERVAL a.user_id SECOND
     FROM users a JOIN users b ON b.user_id <= 20 WHERE a.user_id <= 1000`,
  );
  await database.query("ANALYZE TABLE orders");
  const noon = "2020-01-01 00:10:00";
  for (const condition of [
    "",
    `WHERE o.created_at <= '${noon}' AND (o.created_at < '${noon}' OR o.order_id < 5)`,
  ]) {
    const [plan] = await rows(
      `EXPLAIN FORMAT=TRADITIONAL SELECT * FROM orders o ${condition} ORDER BY o.created_at DESC, o.order_id DESC LIMIT 20`,
    );
    t.is(plan?.["key"], "orders_newest");
    t.notRegex(String(plan?.["Extra"]), /filesort/);
  }
});

for (const statement of [
  "START TRANSACTION",
  "INSERT INTO products",
  "INSERT INTO orders",
  "INSERT INTO order_items",
]) {
  test(`MySQL goes away at ${statement}: 503, nothing of the order is left, and the next one works`, async (t) => {
    const { app, proxy } = await appBehindProxy(t);
    const product_name = `Product ${randomUUID()}`;
    proxy.onRequest = (data) => (data.includes(statement) ? "cut" : "pass");
    const answer = await send(app, "POST", "/api/orders", { ...order, product_name });
    t.is(answer.status, 503);
    t.regex(problemsOf(answer).join(), /^MySQL is away: /);
    await nothingOf(t, product_name);
    proxy.onRequest = () => "pass";
    t.is((await send(app, "POST", "/api/orders", { ...order, product_name })).status, 201);
  });
}

test("MySQL goes away during the commit: the client is told that the outcome is open", async (t) => {
  const { app, proxy } = await appBehindProxy(t);
  proxy.onRequest = (data) => (data.includes("COMMIT") ? "cut" : "pass");
  const answer = await send(app, "POST", "/api/orders", order);
  t.is(answer.status, 503);
  t.regex(problemsOf(answer).join(), /during the commit: look whether the change was stored/);
});

test("MySQL stops answering: 503 in seconds, for all who wait, and the next one works", async (t) => {
  const { app, proxy } = await appBehindProxy(t);
  const product_name = `Product ${randomUUID()}`;
  t.is((await send(app, "GET", "/health/ready")).status, 200);
  proxy.onRequest = () => "freeze";
  const begin = Date.now();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => send(app, "POST", "/api/orders", { ...order, product_name })),
  );
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([503]));
  t.true(Date.now() - begin < 15_000, `it took ${Date.now() - begin} ms`);
  proxy.onRequest = () => "pass";
  t.is((await send(app, "POST", "/api/orders", { ...order, product_name })).status, 201);
});

test("MySQL comes back: the service, which was started without it, becomes ready by itself", async (t) => {
  const { app, proxy } = await appBehindProxy(t);
  proxy.away(true);
  t.is((await send(app, "GET", "/health/ready")).status, 503);
  proxy.away(false);
  t.is((await send(app, "GET", "/health/ready")).status, 200);
  proxy.away(true);
  t.is((await send(app, "POST", "/api/orders", order)).status, 503);
  proxy.away(false);
  t.is((await send(app, "POST", "/api/orders", order)).status, 201);
});

async function realApp(t: ExecutionContext, address = source): Promise<NestFastifyApplication> {
  return started(t, await createApp({ ...nobodyThere, source: address }));
}

async function appBehindProxy(t: ExecutionContext): Promise<{ app: NestFastifyApplication; proxy: Proxy }> {
  const proxy = await openProxy(source);
  const app = await realApp(t, { ...source, host: "127.0.0.1", port: proxy.port });
  t.teardown(() => proxy.close());
  return { app, proxy };
}

async function rows(sql: string, ...values: unknown[]): Promise<RowDataPacket[]> {
  return (await database.query<RowDataPacket[]>(sql, values))[0].map((row) => ({ ...row }));
}

async function nothingOf(t: ExecutionContext, product_name: string): Promise<void> {
  t.deepEqual(await rows("SELECT * FROM orders WHERE product_name = ?", product_name), []);
  t.deepEqual(await rows("SELECT * FROM products WHERE product_name = ?", product_name), []);
}

/** The service wants to know a warehouse; these tests need none. */
function warehouseNames(): NodeJS.ProcessEnv {
  const password = process.env["MYSQL_PASSWORD_FILE"];
  return { CLICKHOUSE_USER: "nobody", CLICKHOUSE_DATABASE: "none", CLICKHOUSE_PASSWORD_FILE: password };
}

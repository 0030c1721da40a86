import test from "ava";
import type { Order } from "../src/orders/order";
import { appInMemory, order, orderWithPrice, problemsOf, send } from "./support/app";

test("the order of scenario 1 is stored and answered as the API shows orders", async (t) => {
  const app = await appInMemory(t);
  const { status, body, headers } = await send(app, "POST", "/api/orders", order);
  t.is(status, 201);
  const { created_at, ...rest } = body as Order;
  t.deepEqual(rest, { order_id: 1, ...order, total_price: "100.00", status: "pending" });
  t.regex(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  t.is(headers["location"], "/api/orders/1");
  t.deepEqual((await send(app, "GET", "/api/orders/1")).body, body);
});

for (const [text, expected] of [
  ["0.1", "0.10"],
  ["19.99", "19.99"],
  ["1e2", "100.00"],
  ["123456789.01", "123456789.01"],
  ['"19.99"', "19.99"],
] as const) {
  test(`a total_price of ${text} is stored as ${expected}`, async (t) => {
    const app = await appInMemory(t);
    const { status, body } = await send(app, "POST", "/api/orders", orderWithPrice(text));
    t.is(status, 201);
    t.is((body as Order).total_price, expected);
  });
}

test("quotes, emoji and 255 characters are kept exactly; an emoji counts as one", async (t) => {
  const app = await appInMemory(t);
  for (const product_name of [`'"\\;-- \u0000 %_é é`, "😀".repeat(255), " spaces around "]) {
    const { body, status } = await send(app, "POST", "/api/orders", { ...order, product_name });
    t.is(status, 201);
    t.is((body as Order).product_name, product_name);
  }
});

test("the list is newest first, and following it meets each order once", async (t) => {
  const app = await appInMemory(t);
  for (let i = 0; i < 5; i++) await send(app, "POST", "/api/orders", order);
  const seen: number[] = [];
  let next = "";
  do {
    const { body } = await send(app, "GET", `/api/orders?limit=2${next}`);
    const { items, next_before } = body as { items: Order[]; next_before: string | null };
    seen.push(...items.map(({ order_id }) => order_id));
    next = next_before ? `&before=${encodeURIComponent(next_before)}` : "";
  } while (next);
  t.deepEqual(seen, [5, 4, 3, 2, 1]);
});

test("pages have numbers too", async (t) => {
  const app = await appInMemory(t);
  for (let i = 0; i < 5; i++) await send(app, "POST", "/api/orders", order);
  const { body } = await send(app, "GET", "/api/orders?limit=2&page=2");
  t.deepEqual(
    (body as { items: Order[] }).items.map(({ order_id }) => order_id),
    [3, 2],
  );
});

test("a status is changed, and nothing else can be", async (t) => {
  const app = await appInMemory(t);
  const { body: placed } = await send(app, "POST", "/api/orders", order);
  const changed = await send(app, "PATCH", "/api/orders/1", { status: "paid" });
  t.is(changed.status, 200);
  t.deepEqual(changed.body, { ...(placed as Order), status: "paid" });
  const refused = await send(app, "PATCH", "/api/orders/1", { status: "lost", quantity: 9 });
  t.is(refused.status, 400);
  t.deepEqual(problemsOf(refused), [
    "status must be one of pending, paid, shipped, delivered, cancelled",
    "quantity is not a known property",
  ]);
});

test("a removed order is gone", async (t) => {
  const app = await appInMemory(t);
  await send(app, "POST", "/api/orders", order);
  const { status, body } = await send(app, "DELETE", "/api/orders/1");
  t.is(status, 204);
  t.is(body, undefined);
  t.is((await send(app, "GET", "/api/orders/1")).status, 404);
});

test("the content type of a request without a body does not matter", async (t) => {
  const app = await appInMemory(t);
  await send(app, "POST", "/api/orders", order);
  t.is((await send(app, "DELETE", "/api/orders/1", "")).status, 204);
  const refused = await send(app, "POST", "/api/orders", "");
  t.is(refused.status, 400);
});

test("an order that is not there is not found, by any method", async (t) => {
  const app = await appInMemory(t);
  for (const answer of [
    await send(app, "GET", "/api/orders/7"),
    await send(app, "PATCH", "/api/orders/7", { status: "paid" }),
    await send(app, "DELETE", "/api/orders/7"),
  ]) {
    t.is(answer.status, 404);
    t.deepEqual(problemsOf(answer), ["there is no order 7"]);
  }
});

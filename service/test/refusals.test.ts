import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import ava, { TestFn } from "ava";
import { createInMemoryApp, order, orderWithPrice, problemsOf, send } from "./support/app";

/** One app for all: none of these requests may leave an order behind. */
const test = ava as TestFn<{ app: NestFastifyApplication }>;

test.before(async (t) => {
  t.context.app = await createInMemoryApp();
  await t.context.app.init();
});

test.after.always(async (t) => {
  t.deepEqual((await send(t.context.app, "GET", "/api/orders")).body, { items: [], next_before: null });
  await t.context.app.close();
});

for (const [what, change, problem] of [
  ["a missing user", { user_id: undefined }, "user_id is missing"],
  ["an unknown user", { user_id: 1001 }, "user_id 1001 is not a known user"],
  ["a user given as text", { user_id: "1" }, "user_id must be a whole number from 1 to 9007199254740991"],
  ["no product", { product_name: undefined }, "product_name is missing"],
  ["a product that is a number", { product_name: 5 }, "product_name must be text"],
  ["a product without a name", { product_name: "  " }, "product_name must not be empty"],
  [
    "256 characters",
    { product_name: "x".repeat(256) },
    "product_name must be at most 255 characters, not 256",
  ],
  [
    "half an emoji",
    { product_name: "\ud83d" },
    "product_name holds half a character (an unpaired surrogate)",
  ],
  ["a quantity of zero", { quantity: 0 }, "quantity must be a whole number from 1 to 2147483647"],
  ["a negative quantity", { quantity: -1 }, "quantity must be a whole number from 1 to 2147483647"],
  ["a fraction as quantity", { quantity: 1.5 }, "quantity must be a whole number from 1 to 2147483647"],
  ["a quantity beyond INT", { quantity: 2147483648 }, "quantity must be a whole number from 1 to 2147483647"],
  ["no total_price", { total_price: undefined }, "total_price is missing"],
  [
    "an unknown status",
    { status: "lost" },
    "status must be one of pending, paid, shipped, delivered, cancelled",
  ],
  ["an unknown property", { coupon: "x" }, "coupon is not a known property"],
  ["an id of the client's", { order_id: 7 }, "order_id is not a known property"],
] as const) {
  test(`${what}: the order is refused, saying why`, async (t) => {
    const answer = await send(t.context.app, "POST", "/api/orders", { ...order, ...change });
    t.is(answer.status, 400);
    t.deepEqual(problemsOf(answer), [problem]);
  });
}

test("everything that is wrong is listed at once", async (t) => {
  const answer = await send(t.context.app, "POST", "/api/orders", {
    user_id: "me",
    quantity: 0,
    total_price: 1.234,
    x: 1,
  });
  t.deepEqual(
    (answer.body as { problems: { field: string }[] }).problems.map(({ field }) => field),
    ["user_id", "product_name", "quantity", "total_price", "x"],
  );
});

for (const [what, body, status] of [
  ["broken JSON", '{"user_id":1,', 400],
  ["a list instead of an object", "[]", 400],
  ["an empty body", "", 400],
  ["a megabyte", " ".repeat(1_000_000), 413],
] as const) {
  test(`${what} gets ${status} and a reason`, async (t) => {
    const answer = await send(t.context.app, "POST", "/api/orders", body);
    t.is(answer.status, status);
    t.is(problemsOf(answer).length, 1);
  });
}

test("a form instead of JSON is told what to send", async (t) => {
  const response = await t.context.app.inject({
    method: "POST",
    url: "/api/orders",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: "user_id=1",
  });
  t.is(response.statusCode, 415);
  t.regex(response.body, /Content-Type: application\/json/);
});

for (const text of [
  "0.30000000000000004",
  "12345678901234567890.12",
  "1.234",
  "-5",
  '"cheap"',
  "true",
  "null",
]) {
  test(`a total_price of ${text} is refused`, async (t) => {
    const answer = await send(t.context.app, "POST", "/api/orders", orderWithPrice(text));
    t.is(answer.status, 400);
    t.regex(problemsOf(answer).join(), /^total_price must [^;]*$/);
  });
}

for (const [query, problem] of [
  ["limit=0", "limit must be a whole number from 1 to 200"],
  ["limit=201", "limit must be a whole number from 1 to 200"],
  ["limit=x", "limit must be a whole number from 1 to 200"],
  ["limit=1&limit=2", "limit must be a whole number from 1 to 200"],
  ["before=yesterday", "before must be the next_before of an earlier page"],
  ["offset=5", "offset is not a known property"],
  ["page=1&before=2025-01-11T10:30:00.123456Z_1", "give either page or before, not both"],
] as const) {
  test(`a list with ${query} is refused`, async (t) => {
    const answer = await send(t.context.app, "GET", `/api/orders?${query}`);
    t.is(answer.status, 400);
    t.deepEqual(problemsOf(answer), [problem]);
  });
}

for (const id of ["abc", "0", "-1", "1.5", "99999999999999999999"]) {
  test(`${id} is no order's number`, async (t) => {
    const answer = await send(t.context.app, "GET", `/api/orders/${id}`);
    t.is(answer.status, 400);
    t.regex(problemsOf(answer).join(), /^order_id must be a whole number/);
  });
}

import test from "ava";
import { api, placeOrder, sourceNumber } from "../lib/stack";

const good = { user_id: 1, product_name: "Test Product", quantity: 1, total_price: 100 };

const refused = test.macro({
  exec: async (t, _what: string, body: unknown, named: RegExp) => {
    const before = await sourceNumber("SELECT COUNT(*) FROM orders");
    const answer = await api("POST", "/api/orders", body);
    t.true(answer.status >= 400 && answer.status < 500, `answered ${answer.status}`);
    t.regex(JSON.stringify(answer.body), named);
    t.is(await sourceNumber("SELECT COUNT(*) FROM orders"), before);
  },
  title: (_, what) => `${what} is refused with what is wrong, and nothing is written`,
});

test(refused, "an order without a product", { ...good, product_name: undefined }, /product_name/);
test(refused, "a quantity of zero", { ...good, quantity: 0 }, /quantity/);
test(refused, "a negative quantity", { ...good, quantity: -1 }, /quantity/);
test(refused, "a quantity in words", { ...good, quantity: "two" }, /quantity/);
test(refused, "a price with three decimals", { ...good, total_price: "1.005" }, /total_price/);
test(refused, "a price above the column", { ...good, total_price: "10000000000.00" }, /total_price/);
test(refused, "an unknown user", { ...good, user_id: 999_999_999 }, /user/);
test(refused, "an unknown status", { ...good, status: "lost" }, /status/);
test(refused, "broken JSON", '{"user_id": 1,', /JSON/i);
test(refused, "a body of a megabyte", { ...good, product_name: "x".repeat(1024 * 1024) }, /large|size/i);
test(refused, "a name of 256 characters", { ...good, product_name: "x".repeat(256) }, /product_name/);

test("all that is wrong with an order is listed at once", async (t) => {
  const { status, body } = await api("POST", "/api/orders", { user_id: "me", quantity: 0 });
  t.is(status, 400);
  for (const field of ["user_id", "product_name", "quantity", "total_price"]) {
    t.regex(JSON.stringify(body), new RegExp(field));
  }
});

test("an unknown order is not found, and an unknown status of a known one is refused", async (t) => {
  t.is((await api("GET", "/api/orders/999999999")).status, 404);
  t.is((await api("PATCH", "/api/orders/999999999", { status: "paid" })).status, 404);
  t.is((await api("DELETE", "/api/orders/999999999")).status, 404);
  const id = await placeOrder();
  t.is((await api("PATCH", `/api/orders/${id}`, { status: "lost" })).status, 400);
});

test("two orders that bring the same new product at once both succeed", async (t) => {
  const product_name = `New at ${Date.now()}`;
  const ids = await Promise.all(Array.from({ length: 10 }, () => placeOrder({ product_name })));
  t.is(new Set(ids).size, 10);
  t.is(await sourceNumber(`SELECT COUNT(*) FROM products WHERE product_name = '${product_name}'`), 1);
});

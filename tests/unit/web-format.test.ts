import test from "ava";
import fc from "fast-check";
import {
  besideField,
  describeSeries,
  formatMoney,
  formatSeconds,
  shares,
  toOrder,
  toSeries,
} from "../../web/js/format";

test("money is shown to the cent, however large it is", (t) => {
  t.is(formatMoney("1234.50", "en"), "1,234.50");
  t.is(formatMoney("0.10", "en"), "0.10");
  t.is(formatMoney("90071992547409931234.07", "en"), "90,071,992,547,409,931,234.07");
  t.is(formatMoney("1234567.89", "de"), "1.234.567,89");
});

test("no cent is lost between the API and the reader", (t) => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 30n), (cents) => {
      const digits = String(cents).padStart(3, "0");
      const amount = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
      t.is(formatMoney(amount, "en").replaceAll(",", ""), amount);
    }),
  );
});

test("how long an order took is told in seconds", (t) => {
  t.is(formatSeconds(412), "0.41 s");
  t.is(formatSeconds(15_300), "15.3 s");
});

test("beside its field a problem does not name the field again", (t) => {
  t.is(
    besideField({ field: "quantity", message: "quantity must be a whole number" }),
    "Must be a whole number",
  );
  t.is(besideField({ field: null, message: "MySQL is away" }), "MySQL is away");
  t.is(besideField({ field: "x", message: "nothing known" }), "Nothing known");
});

test("what was typed goes out exactly: prices as text, names untouched, empty fields not at all", (t) => {
  t.deepEqual(
    toOrder({ user_id: " 7 ", product_name: "  Lap top ", quantity: "2", total_price: "0.10", status: "" }),
    { user_id: 7, product_name: "  Lap top ", quantity: 2, total_price: "0.10" },
  );
});

test("what is no number is left to the API to refuse", (t) => {
  t.deepEqual(toOrder({ user_id: "me", product_name: "x", quantity: "1.5", total_price: "1,50" }), {
    user_id: "me",
    product_name: "x",
    quantity: "1.5",
    total_price: "1,50",
  });
});

test("the chart has all sixty minutes, also those without orders", (t) => {
  const now = Date.parse("2025-01-11T10:30:42.500Z");
  const [times, counts] = toSeries(
    [
      { minute: "2025-01-11T09:00:00Z", orders: 9 },
      { minute: "2025-01-11T10:28:00Z", orders: 3 },
      { minute: "2025-01-11T10:30:00Z", orders: 5 },
    ],
    now,
  );
  t.is(times.length, 60);
  t.is(times[0], Date.parse("2025-01-11T09:31:00Z") / 1000);
  t.deepEqual(counts.slice(-3), [3, 0, 5]);
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    8,
    "minutes before the hour are not in it",
  );
});

test("the chart can be read without seeing it", (t) => {
  t.is(describeSeries([0, 0]), "No orders in the last hour.");
  t.is(describeSeries([4, 10, 1]), "15 in the last hour, 10 in the busiest minute, 1 in this one.");
});

test("the longest bar is whole, and without orders there are no bars", (t) => {
  t.deepEqual(shares([5, 10, 0]), [0.5, 1, 0]);
  t.deepEqual(shares([0, 0]), [0, 0]);
  t.deepEqual(shares([]), []);
});

import test from "ava";
import fc from "fast-check";
import { formatAmount, largestAmount, parseAmount, unitPrice } from "../src/money";

const read = test.macro({
  title: (_, text: string, expected: string) => `${text.slice(0, 40)} is read as ${expected}`,
  exec(t, text: string, expected: string) {
    const result = parseAmount(text);
    t.is("cents" in result ? formatAmount(result.cents) : result.problem, expected);
  },
});

for (const [text, expected] of [
  ["100", "100.00"],
  ["0.1", "0.10"],
  ["19.99", "19.99"],
  ["1e2", "100.00"],
  ["1E+2", "100.00"],
  ["1.5e1", "15.00"],
  ["1e-2", "0.01"],
  ["0", "0.00"],
  ["0e9999", "0.00"],
  ["000.01", "0.01"],
  ["123456789.01", "123456789.01"],
  ["9999999999.99", "9999999999.99"],
  ["10000000000", "must be at most 9999999999.99"],
  ["12345678901234567890.12", "must be at most 9999999999.99"],
  ["1e9999", "must be at most 9999999999.99"],
  ["0.001", "must have at most two decimals"],
  ["19.990", "must have at most two decimals"],
  ["1e-3", "must have at most two decimals"],
  ["100.00000000000000000001", "must have at most two decimals"],
  ["-1", "must not be negative"],
  ["", "must be a decimal number like 19.99"],
  ["1,50", "must be a decimal number like 19.99"],
  [" 1", "must be a decimal number like 19.99"],
  [".5", "must be a decimal number like 19.99"],
  ["0x10", "must be a decimal number like 19.99"],
  ["1e99999", "must be a decimal number like 19.99"],
  ["NaN", "must be a decimal number like 19.99"],
] as const) {
  test(read, text, expected);
}

test("every amount that fits the column comes back as it was written", (t) => {
  fc.assert(
    fc.property(fc.bigInt(0n, largestAmount), (cents) => {
      const text = formatAmount(cents);
      t.regex(text, /^\d+\.\d\d$/);
      t.deepEqual(parseAmount(text), { cents });
    }),
  );
});

test("an exponent moves the point and changes nothing else", (t) => {
  fc.assert(
    fc.property(fc.bigInt(0n, largestAmount), fc.integer({ min: 0, max: 6 }), (cents, shift) => {
      t.deepEqual(parseAmount(`${formatAmount(cents * 10n ** BigInt(shift))}e-${shift}`), {
        ...(shift === 0 ? { cents } : { problem: "must have at most two decimals" }),
      });
      t.deepEqual(parseAmount(`${cents}e-2`), { cents });
    }),
  );
});

test("the unit price is the nearest cent, half up", (t) => {
  t.is(unitPrice(10_000n, 3), 3333n);
  t.is(unitPrice(20_000n, 3), 6667n);
  t.is(unitPrice(1n, 2), 1n);
  t.is(unitPrice(0n, 7), 0n);
  fc.assert(
    fc.property(
      fc.bigInt(0n, largestAmount),
      fc.integer({ min: 1, max: 2_147_483_647 }),
      (total, quantity) => {
        const difference = 2n * (unitPrice(total, quantity) * BigInt(quantity) - total);
        t.true(difference > -BigInt(quantity) && difference <= BigInt(quantity));
      },
    ),
  );
});

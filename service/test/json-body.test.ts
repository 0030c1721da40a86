import test from "ava";
import { JsonNumber, parseJson } from "../src/http/json-body";
import { BadInput } from "../src/http/problem";

test("numbers keep the text they were written with", (t) => {
  t.deepEqual(parseJson('{"a":0.10,"b":12345678901234567890.12,"c":[1e2]}'), {
    a: new JsonNumber("0.10"),
    b: new JsonNumber("12345678901234567890.12"),
    c: [new JsonNumber("1e2")],
  });
});

test("text comes through exactly", (t) => {
  t.is(parseJson('"\\"\\u00e9\\ud83d\\ude00 \\n 😀"'), '"é😀 \n 😀');
});

test("a property called __proto__ is a property like others", (t) => {
  const parsed = parseJson('{"__proto__":{"admin":true}}') as object;
  t.deepEqual(Object.keys(parsed), ["__proto__"]);
  t.is(Object.getPrototypeOf(parsed), Object.prototype);
});

for (const [what, text] of [
  ["an unfinished object", '{"a":1'],
  ["nothing at all", ""],
  ["two values", "1 2"],
  ["a trailing comma", '{"a":1,}'],
  ["a property given twice with different values", '{"a":1,"a":2}'],
  ["a number that JSON does not know", "0x10"],
  ["more brackets than the stack holds", "[".repeat(60_000)],
] as const) {
  test(`${what} is refused as input, not as a fault`, (t) => {
    const error = t.throws(() => parseJson(text), { instanceOf: BadInput });
    t.regex(error?.message ?? "", /^the body is not valid JSON: ./);
  });
}

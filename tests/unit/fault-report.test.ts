import { readFileSync } from "node:fs";
import test from "ava";
import { parseResults, tableOf, writeInto, type FaultResult } from "../../tools/lib/fault-report";

const result: FaultResult = {
  fault: "restart of kafka",
  rate: 500.4,
  changes: 12_345,
  rowsAfter: 7_240,
  jobsAfter: 0,
  slowest: 75_400,
  duplicates: 0,
  missing: 0,
  differences: 0,
};

test("a result is a row of the table", (t) => {
  const [head, rule, row] = tableOf([result, { ...result, missing: null }]).split("\n");
  t.is(head!.length, row!.length);
  t.is(rule!.length, row!.length);
  t.deepEqual(
    row!.split("|").map((cell) => cell.trim()),
    ["", "restart of kafka", "500", "12345", "7.2 s", "0.0 s", "1 min 15 s", "0", "0", "0", ""],
  );
});

test("the report's page has the table's place, and a new table takes the old one's", (t) => {
  const page = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
  const once = writeInto(page, [result], "Measured once.");
  t.true(once.includes("Measured once.\n\n| Fault"));
  const twice = writeInto(once, [result], "Measured twice.");
  t.is(twice, once.replace("Measured once", "Measured twice"));
});

test("a page without its marks is refused", (t) => {
  t.throws(() => writeInto("# Faults", [result], ""), { message: /lacks its marks/ });
});

test("results are read back as they were written", (t) => {
  t.deepEqual(parseResults(`${JSON.stringify(result)}\n`), [result]);
  t.throws(() => parseResults('{"fault":"without numbers"}'));
});

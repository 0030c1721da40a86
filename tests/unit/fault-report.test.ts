import { readFileSync } from "node:fs";
import test from "ava";
import { parseResults, rowOf, tableOf, writeInto, type FaultResult } from "../../tools/lib/fault-report";

const figures = {
  rate: 500.4,
  changes: 12_345,
  rowsAfter: 7_240,
  jobsAfter: 0,
  slowest: 75_400,
  duplicates: 0,
  missing: 0,
  differences: 0,
};
const result: FaultResult = { fault: "restart of kafka", survived: true, figures };

/** The cells of the rows of a text's table. */
const rowsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const first = "2026-01-01";
const later = "2026-01-02";

test("a result is a row of the table", (t) => {
  const table = tableOf([rowOf(result, first), rowOf({ ...result, fault: "restart of mysql" }, first)]);
  const [head, rule, row] = table.split("\n");
  t.is(head!.length, row!.length);
  t.is(rule!.length, row!.length);
  const cells = ["500", "12345", "7.2 s", "0.0 s", "1 min 15 s", "0", "0", "0", "on 2026-01-01"];
  t.deepEqual(rowsOf(table), [
    ["restart of kafka", ...cells],
    ["restart of mysql", ...cells],
  ]);
});

test("a fault that was not survived has a row too, with what was measured of it", (t) => {
  const lost = { ...result, survived: false, figures: { ...figures, missing: null, differences: 3 } };
  t.deepEqual(rowOf(lost, first).slice(-3), ["–", "3", "not on 2026-01-01"]);
  t.deepEqual(rowOf({ fault: "restart of kafka", survived: false }, first), [
    "restart of kafka",
    ...Array.from({ length: 8 }, () => "–"),
    "not on 2026-01-01",
  ]);
});

const page = `Before.

<!-- Written by \`make test-faults\` with --write-report. -->
<!-- End of what it writes. -->

| Another | table |
| ------- | ----- |
`;

test("a table goes between the page's marks, and a new one takes its place", (t) => {
  const once = writeInto(page, [result], first, "Measured once.");
  t.true(once.startsWith("Before.\n\n<!-- Written"));
  t.true(once.includes("Measured once.\n\n| Fault"));
  t.true(once.endsWith("-->\n\n| Another | table |\n| ------- | ----- |\n"));
  const twice = writeInto(once, [result], first, "Measured twice.");
  t.is(twice, once.replace("Measured once", "Measured twice"));
});

test("rows of faults that were not made again stay, behind the others, with their day", (t) => {
  const faults = ["one", "two", "three"].map((fault) => ({ ...result, fault }));
  const old = writeInto(page, faults, first, "");
  const merged = writeInto(old, [{ ...result, fault: "four" }, faults[1]!], later, "");
  t.deepEqual(
    rowsOf(merged.slice(0, merged.indexOf("| Another"))).map((row) => [row[0], row.at(-1)]),
    [
      ["four", "on 2026-01-02"],
      ["two", "on 2026-01-02"],
      ["one", "on 2026-01-01"],
      ["three", "on 2026-01-01"],
    ],
  );
});

test("of a fault that began and ended, only its end is in the table", (t) => {
  const text = writeInto(page, [{ fault: result.fault, survived: false }, result], first, "");
  t.is(text, writeInto(page, [result], first, ""));
});

test("the report's page has the table's place", (t) => {
  const faults = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
  t.true(writeInto(faults, [result], first, "Measured.").includes("Measured.\n\n| Fault"));
});

test("a page without its marks is refused", (t) => {
  t.throws(() => writeInto("# Faults", [result], first, ""), { message: /lacks its marks/ });
});

test("results are read back as they were written", (t) => {
  t.deepEqual(parseResults(`${JSON.stringify(result)}\n`), [result]);
  const begun = { fault: "restart of kafka", survived: false };
  t.deepEqual(parseResults(JSON.stringify(begun)), [begun]);
  t.throws(() => parseResults('{"fault":"without an end"}'));
});

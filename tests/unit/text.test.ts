import test from "ava";
import { formatBytes, formatDuration, formatTable, indent, plainText } from "../../tools/lib/text";

for (const [milliseconds, expected] of [
  [40, "0.0 s"],
  [9_900, "9.9 s"],
  [9_960, "10 s"],
  [59_400, "59 s"],
  [59_600, "1 min 00 s"],
  [605_000, "10 min 05 s"],
] as const) {
  test(`${milliseconds} ms read as ${expected}`, (t) => {
    t.is(formatDuration(milliseconds), expected);
  });
}

test("bytes read in the unit that fits", (t) => {
  t.is(formatBytes(3 * 1024 ** 3), "3.0 GiB");
  t.is(formatBytes(200 * 1024 ** 2), "200 MiB");
});

test("columns are as wide as their widest cell, and nothing trails", (t) => {
  t.is(
    formatTable([
      ["a", "bcd", ""],
      ["longer", "e", "f"],
    ]),
    "a       bcd\nlonger  e    f",
  );
});

test("text is shifted, empty lines are not", (t) => {
  t.is(indent("a\n\nb"), "  a\n\n  b");
});

test("colours and overwritten progress are gone from plain text", (t) => {
  t.is(plainText("\u001b[32mok\u001b[0m"), "ok");
  t.is(plainText("10 %\r50 %\r100 %"), "100 %");
});

import test from "ava";
import { toMegabytes, toMilliseconds } from "../../components/units";

const sizes = test.macro({
  exec: (t, text: string, megabytes: number) => t.is(toMegabytes(text), megabytes),
  title: (_, text) => `${text} in megabytes`,
});
test(sizes, "512 MB", 512);
test(sizes, "2 GB", 2048);

const spans = test.macro({
  exec: (t, text: string, milliseconds: number) => t.is(toMilliseconds(text), milliseconds),
  title: (_, text) => `${text} in milliseconds`,
});
test(spans, "50 ms", 50);
test(spans, "1 second", 1_000);
test(spans, "90 seconds", 90_000);
test(spans, "15 minutes", 900_000);
test(spans, "7 days", 604_800_000);

const refused = test.macro({
  exec: (t, convert: (text: string) => number, text: string) =>
    t.throws(() => convert(text), { message: new RegExp(`^"${text.replaceAll(".", "\\.")}" is not a`) }),
  title: (_, convert: (text: string) => number, text) => `${convert.name} refuses "${text}"`,
});
for (const text of ["", "512", "512MB", "0 MB", "-1 GB", "1.5 GB", "512 mb", "1 TB"]) {
  test(refused, toMegabytes, text);
}
for (const text of ["", "7", "7days", "0 days", "1 week", "5 mss", "1.5 hours", "-1 ms"]) {
  test(refused, toMilliseconds, text);
}

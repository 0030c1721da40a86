import test from "ava";
import fc from "fast-check";
import { averageCores, formatCpu, parseUsed } from "../../tools/lib/bench/cpu";
import { formatSpread, markdownTable, spreadOf } from "../../tools/lib/bench/statistics";

test("percentiles are times that were seen, by nearest rank", (t) => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  t.deepEqual(spreadOf(hundred), { count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  t.deepEqual(spreadOf([7]), { count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
  t.throws(() => spreadOf([]), { message: /no times/ });
});

test("percentiles never fall, and no more times than promised lie above them", (t) => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (times) => {
      const { p50, p95, p99, max } = spreadOf(times);
      const above = (limit: number) => times.filter((time) => time > limit).length / times.length;
      return (
        p50 <= p95 && p95 <= p99 && p99 <= max && above(p50) <= 0.5 && above(p99) <= 0.01 && above(max) === 0
      );
    }),
  );
  t.pass();
});

test("a spread and a table are written for people", (t) => {
  t.is(formatSpread({ count: 3, p50: 359.4, p95: 598, p99: 613.6, max: 702 }), "359 / 598 / 614 / 702");
  t.is(markdownTable(["a", "b"], [["1", "2"]]), "| a | b |\n| --- | --- |\n| 1 | 2 |");
});

test("the kernel's counts become cores, the busiest container first and without the stack's prefix", (t) => {
  t.is(parseUsed("usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n"), 2.5);
  t.is(parseUsed("2500000000\n"), 2.5);
  t.throws(() => parseUsed("cat: not found"), { message: /no count of processor time/ });
  const cores = averageCores({ used: 2.5, at: 100 }, { used: 9.5, at: 105 });
  t.is(cores, 1.4);
  const use = new Map([
    ["bench-kafka", 0.235],
    ["bench-mysql", cores],
    ["bench-nginx", 0],
  ]);
  t.is(formatCpu(use, "bench-"), "mysql 1.40, kafka 0.23");
});

import test from "ava";
import {
  closingLine,
  complaintAbout,
  countGoTests,
  countSurefire,
  countTap,
  failuresOf,
  sum,
} from "../../tools/lib/counts";
import { Results } from "../../tools/lib/suites";
import type { Progress } from "../../tools/lib/steps";

const tap = `TAP version 13
ok 1 - units › 512 MB in megabytes
not ok 2 - graph › whole
  ---
    name: AssertionError
  ...
ok 3 - later # SKIP

1..3
# tests 2
# pass 1
# skip 1
# fail 1`.split("\n");

test("ava's closing summary is believed", (t) => {
  t.deepEqual(countTap(tap), { passed: 1, failed: 1, skipped: 1 });
});

test("a report without an end has failed, whatever it had reported until then", (t) => {
  t.deepEqual(countTap(["TAP version 13", "ok 1 - a", "ok 2 - b"]), { passed: 2, failed: 1, skipped: 0 });
  t.deepEqual(countTap([]), { passed: 0, failed: 1, skipped: 0 });
});

test("a failed test is shown with its details and nothing else", (t) => {
  t.deepEqual(failuresOf(tap), ["not ok 2 - graph › whole\n  ---\n    name: AssertionError\n  ..."]);
});

test("Maven's modules are added up, its single classes are not counted twice", (t) => {
  const lines = [
    "[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in io.tributary.VersionTest",
    "[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0",
    "[ERROR] Tests run: 10, Failures: 1, Errors: 2, Skipped: 3",
  ];
  t.deepEqual(countSurefire(lines), { passed: 8, failed: 3, skipped: 3 });
  t.deepEqual(countSurefire(["[INFO] BUILD SUCCESS"]), { passed: 0, failed: 0, skipped: 0 });
});

test("of Go's tests, those count that stand alone, with their subtests inside", (t) => {
  const lines = [
    "=== RUN   TestGrants",
    "    --- PASS: TestGrants/on_a_table (0.00s)",
    "--- PASS: TestGrants (0.01s)",
    "--- FAIL: TestUsers (0.01s)",
    "--- SKIP: TestLater (0.00s)",
  ];
  t.deepEqual(countGoTests(lines), { passed: 1, failed: 1, skipped: 1 });
});

test("a suite that ran nothing, or skipped something, is no success", (t) => {
  t.is(complaintAbout({ passed: 3, failed: 0, skipped: 0 }), undefined);
  t.is(complaintAbout({ passed: 3, failed: 1, skipped: 0 }), "1 of 4 failed");
  t.is(complaintAbout({ passed: 0, failed: 0, skipped: 0 }), "no test ran");
  t.is(complaintAbout({ passed: 3, failed: 0, skipped: 2 }), "2 skipped");
});

test("the closing line stands alone and adds everything up", (t) => {
  const total = sum([
    { passed: 3, failed: 0, skipped: 0 },
    { passed: 4, failed: 1, skipped: 0 },
  ]);
  t.is(closingLine(total), "7 passed, 1 failed");
});

test("a suite that never ran counts as a failure, and so does one that broke off or ran nothing", async (t) => {
  const results = new Results();
  const progress = {} as Progress;
  results.suite("never", async () => ({ passed: 1, failed: 0, skipped: 0 }));
  const broken = results.suite("broken", async () => {
    throw new Error("no npm");
  });
  const empty = results.suite("empty", async () => ({ passed: 0, failed: 0, skipped: 0 }));
  const fine = results.suite("fine", async () => ({ passed: 2, failed: 0, skipped: 0 }));
  await t.throwsAsync(broken.run(progress), { message: "no npm" });
  await t.throwsAsync(empty.run(progress), { message: "no test ran" });
  t.is(await fine.run(progress), "2 passed");
  t.deepEqual(
    results.all().map(({ suite, passed, failed }) => [suite, passed, failed]),
    [
      ["never", 0, 1],
      ["broken", 0, 1],
      ["empty", 0, 1],
      ["fine", 2, 0],
    ],
  );
});

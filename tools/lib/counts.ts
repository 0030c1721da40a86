/** How a suite's tests ended. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The sum of several suites. */
export function sum(counts: readonly Counts[]): Counts {
  const total = (of: keyof Counts) => counts.reduce((subtotal, one) => subtotal + one[of], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

/**
 * Counts from the lines of the Test Anything Protocol, as ava writes it. Pure.
 *
 * Its closing summary also counts files that crashed and tests that were never reached. Without one, the run was
 * broken off: what was reported until then counts, and one failure more.
 */
export function countTap(lines: readonly string[]): Counts {
  const closing = (what: string) => {
    const line = lines.findLast((one) => one.startsWith(`# ${what} `));
    return line === undefined ? undefined : Number(line.split(" ")[2]);
  };
  const passed = closing("pass");
  if (passed !== undefined) return { passed, failed: closing("fail") ?? 0, skipped: closing("skip") ?? 0 };
  const reported = lines.filter((line) => /^ok \d/.test(line)).length;
  const failed = lines.filter((line) => /^not ok \d/.test(line)).length;
  return { passed: reported, failed: failed + 1, skipped: 0 };
}

/** The failed tests of a TAP report, each with its details. Pure. */
export function failuresOf(lines: readonly string[]): string[] {
  const failures: string[][] = [];
  let current: string[] | undefined;
  for (const line of lines) {
    if (/^(not )?ok\b|^#|^\d+\.\.\d+/.test(line)) {
      current = line.startsWith("not ok") ? [] : undefined;
      if (current) failures.push(current);
    }
    current?.push(line);
  }
  return failures.map((failure) => failure.join("\n"));
}

/** Counts from Maven's output: Surefire and Failsafe close each module with a line of its own. Pure. */
export function countSurefire(lines: readonly string[]): Counts {
  const closing = /Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)\s*$/;
  return sum(
    lines.flatMap((line) => {
      const [run, failures, errors, skipped] = (closing.exec(line)?.slice(1) ?? []).map(Number);
      if (run === undefined || failures === undefined || errors === undefined || skipped === undefined)
        return [];
      const failed = failures + errors;
      return [{ passed: run - failed - skipped, failed, skipped }];
    }),
  );
}

/** Counts from what `go test -v` prints: a line for each test, subtests indented below theirs. Pure. */
export function countGoTests(lines: readonly string[]): Counts {
  const ended = (how: string) => lines.filter((line) => line.startsWith(`--- ${how}: `)).length;
  return { passed: ended("PASS"), failed: ended("FAIL"), skipped: ended("SKIP") };
}

/** What is wrong with a suite that ended with these counts, if anything. A suite that ran nothing proves nothing. */
export function complaintAbout({ passed, failed, skipped }: Counts): string | undefined {
  if (failed > 0) return `${failed} of ${passed + failed} failed`;
  if (passed === 0) return "no test ran";
  return skipped > 0 ? `${skipped} skipped` : undefined;
}

/** The line that closes a test run; what reads CI's output looks for it. */
export function closingLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}

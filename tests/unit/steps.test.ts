import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { Problem } from "../../tools/lib/problem";
import { checkOrder, lastLinesOf, runSteps, StepsFailed, type Step } from "../../tools/lib/steps";

function logs(): string {
  return mkdtempSync(path.join(tmpdir(), "steps-"));
}

/** A step that notes when it ran. */
function noting(order: string[], name: string, more: Partial<Step> = {}): Step {
  return {
    name,
    run: async () => {
      order.push(name);
      return undefined;
    },
    ...more,
  };
}

const failing: Step["run"] = async () => {
  throw new Error("no space left");
};

test("a step runs after those it comes after", async (t) => {
  const order: string[] = [];
  await runSteps(
    [noting(order, "a"), noting(order, "b", { after: ["a"] }), noting(order, "c", { after: ["a", "b"] })],
    { logs: logs() },
  );
  t.deepEqual(order, ["a", "b", "c"]);
});

test("steps that do not wait for each other run side by side", async (t) => {
  // Each of the two can only end when the other has begun.
  const begun: (() => void)[] = [];
  const together: Promise<void>[] = [0, 1].map(() => new Promise((resolve) => begun.push(resolve)));
  const met: number[] = [];
  const meeting = (i: number): Step["run"] => {
    return async () => {
      begun[i]?.();
      await together[1 - i];
      met.push(i);
      return undefined;
    };
  };
  await runSteps(
    [
      { name: "a", run: meeting(0) },
      { name: "b", run: meeting(1) },
    ],
    { logs: logs() },
  );
  t.deepEqual(met.sort(), [0, 1]);
});

test("no more steps run at once than may", async (t) => {
  let running = 0;
  let most = 0;
  const counting: Step["run"] = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return undefined;
  };
  const steps = ["a", "b", "c", "d", "e"].map((name) => ({ name, run: counting }));
  await runSteps(steps, { logs: logs(), atOnce: 2 });
  t.is(most, 2);
});

test("a failure says which step, why, the end of its log, and what to do", async (t) => {
  const folder = logs();
  const step: Step = {
    name: "image mysql",
    remedy: "Free some disk.",
    run: async (progress) => {
      progress.update("unpacking");
      throw new Error("no space left");
    },
  };
  const error = await t.throwsAsync(runSteps([step], { logs: folder }), { instanceOf: StepsFailed });
  t.regex(error.message, /^image mysql failed: no space left$/m);
  t.regex(error.message, /The end of .*image-mysql\.log:\n {2}unpacking/);
  t.regex(error.message, /What to do: Free some disk\.$/);
  t.is(readFileSync(path.join(folder, "image-mysql.log"), "utf8"), "unpacking\n");
});

test("an error that knows its remedy better than the step is believed", async (t) => {
  const run: Step["run"] = async () => {
    throw new Problem("port 3306 is taken", "Stop mysqld.");
  };
  const error = await t.throwsAsync(runSteps([{ name: "a", remedy: "Try again.", run }], { logs: logs() }));
  t.regex(error.message, /What to do: Stop mysqld\.$/);
});

test("a failure stops the others and nothing new begins", async (t) => {
  const order: string[] = [];
  const waiting: Step = {
    name: "waiting",
    run: async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw new Error("stopped");
    },
  };
  const steps = [waiting, { name: "failing", run: failing }, noting(order, "late", { after: ["waiting"] })];
  const error = await t.throwsAsync(runSteps(steps, { logs: logs() }));
  t.regex(error.message, /^failing failed/);
  t.notRegex(error.message, /waiting failed/);
  t.deepEqual(order, []);
});

test("a run that keeps going does all that does not need what failed", async (t) => {
  const order: string[] = [];
  const steps = [
    { name: "failing", run: failing },
    noting(order, "other"),
    noting(order, "needs it", { after: ["failing"] }),
    noting(order, "waits for its end", { behind: ["failing"] }),
  ];
  await t.throwsAsync(runSteps(steps, { logs: logs(), keepGoing: true }), { instanceOf: StepsFailed });
  t.deepEqual(order.sort(), ["other", "waits for its end"]);
});

test("an interrupt ends a running command, and the run says so", async (t) => {
  const stop = new AbortController();
  const sleeping: Step = {
    name: "sleeping",
    run: async (progress) => {
      const command = progress.command("sh", ["-c", "echo begun; sleep 600"], { onLine: () => stop.abort() });
      await command;
      return undefined;
    },
  };
  const error = await t.throwsAsync(runSteps([sleeping], { logs: logs(), signal: stop.signal }));
  t.is(error.message, "interrupted");
});

test("a command that fails is named with its exit code, its output is in the log", async (t) => {
  const run: Step["run"] = async (progress) => {
    await progress.command("sh", ["-c", "echo to stdout; echo to stderr >&2; exit 7"]);
    return undefined;
  };
  const error = await t.throwsAsync(runSteps([{ name: "a", run }], { logs: logs() }));
  t.regex(error.message, /ended with exit code 7/);
  t.regex(error.message, /to stdout/);
  t.regex(error.message, /to stderr/);
});

test("a command that is not there is named", async (t) => {
  const run: Step["run"] = async (progress) => {
    await progress.command("no-such-command", []);
    return undefined;
  };
  const error = await t.throwsAsync(runSteps([{ name: "a", run }], { logs: logs() }));
  t.regex(error.message, /no-such-command.*did not start/);
});

test("an order that cannot be is refused before anything runs", (t) => {
  const run: Step["run"] = async () => undefined;
  t.throws(() => checkOrder([{ name: "a", after: ["b"], run }]), {
    message: /"a" comes after b, not listed before/,
  });
  t.throws(
    () =>
      checkOrder([
        { name: "a", run },
        { name: "a", run },
      ]),
    { message: /two steps are named "a"/ },
  );
  t.notThrows(() =>
    checkOrder([
      { name: "a", run },
      { name: "b", after: ["a"], behind: ["a"], run },
    ]),
  );
});

test("the last lines of a log are those that say something", (t) => {
  t.is(lastLinesOf("one\n\ntwo\n  \nthree\n\n", 2), "two\nthree");
  t.is(lastLinesOf("", 5), "");
});

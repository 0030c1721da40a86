import path from "node:path";
import type { Check } from "./checks";
import { CommandFailed } from "./command";
import { complaintAbout, countGoTests, countSurefire, countTap, failuresOf, type Counts } from "./counts";
import { testJobs } from "./jobs";
import { messageOf, Problem } from "./problem";
import { readOutputs } from "./pulumi";
import { installService, serviceFolder } from "./service";
import type { Progress, Step } from "./steps";
import { formatDuration } from "./text";
import { testPlugins } from "./toolchain";

/** What a suite's run tells. */
interface Outcome extends Counts {
  /** Of the tests that failed, for people. */
  readonly details?: string;
}

/** A suite that a test run is to run, and how it went. */
export interface SuiteResult extends Counts {
  readonly suite: string;
  /** E.g. `12 s`, or why it did not run. */
  readonly took: string;
}

/** What a test run has found so far. A suite that never ran counts as one failure. */
export class Results {
  private readonly finished = new Map<string, SuiteResult>();
  private readonly expected: string[] = [];

  /**
   * A step that runs a suite and keeps its counts.
   *
   * @param name of the step and the suite
   * @param run throws if the suite could not run
   */
  suite(name: string, run: (progress: Progress) => Promise<Outcome>): Step {
    this.expected.push(name);
    return {
      name,
      lastLines: 80,
      run: async (progress) => {
        const started = Date.now();
        const finish = (counts: Counts) =>
          this.finished.set(name, { suite: name, ...counts, took: formatDuration(Date.now() - started) });
        try {
          const { details, ...counts } = await run(progress);
          const complaint = complaintAbout(counts);
          finish(complaint && counts.failed === 0 ? { ...counts, failed: 1 } : counts);
          if (details)
            throw new Problem(`${complaint}\n\n${details}\n\nAll of it: ${progress.log}`, undefined, {
              complete: true,
            });
          if (complaint) throw new Error(complaint);
          return `${counts.passed} passed`;
        } catch (error) {
          if (!this.finished.has(name)) finish({ passed: 0, failed: 1, skipped: 0 });
          throw error;
        }
      },
    };
  }

  /** Every suite in the order it was asked for. */
  all(): SuiteResult[] {
    return this.expected.map(
      (suite) => this.finished.get(suite) ?? { suite, passed: 0, failed: 1, skipped: 0, took: "did not run" },
    );
  }
}

/** How many lines of failed tests' details are shown; the log has all. */
const detailLines = 120;

/** Runs ava and counts. What failed is in the error, with its details. */
async function runTap(
  progress: Progress,
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const lines: string[] = [];
  try {
    await progress.command(file, args, {
      ...options,
      onLine: (line) => lines.push(line),
      show: (line) => /^(?:not )?ok \d+ - (.*)/.exec(line)?.[1],
    });
  } catch (error) {
    if (!(error instanceof CommandFailed) || !lines.some((line) => line.startsWith("TAP version")))
      throw error;
  }
  const counts = countTap(lines);
  if (counts.failed === 0) return counts;
  const details = failuresOf(lines).join("\n").split("\n").slice(0, detailLines).join("\n");
  return { ...counts, details };
}

/** A suite of this checkout's ava, by its configuration. */
export function runAva(
  progress: Progress,
  config: string,
  files: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const ava = path.join("node_modules", ".bin", "ava");
  return runTap(progress, ava, ["--config", config, "--tap", ...files], { env });
}

/** A check counts as one test. */
export async function runCheck(progress: Progress, check: Check): Promise<Outcome> {
  await check.run(progress);
  return { passed: 1, failed: 0, skipped: 0 };
}

/** The platform service's own tests, which need nothing but Node. */
export function runServiceTests(progress: Progress): Promise<Outcome> {
  return runServiceScript(progress, "test");
}

/** The platform service's tests against the source of a stack that is up. */
export async function runServiceTestsOn(stack: string, progress: Progress): Promise<Outcome> {
  const { mysqlAddress, secretsFolder } = await readOutputs(stack);
  const [host = "", port = ""] = mysqlAddress.split(":");
  return runServiceScript(progress, "test:mysql", {
    MYSQL_HOST: host,
    MYSQL_PORT: port,
    MYSQL_USER: "platform_api",
    MYSQL_PASSWORD_FILE: path.join(secretsFolder, "mysql-platform_api-password"),
    MYSQL_DATABASE: "platform",
  });
}

async function runServiceScript(
  progress: Progress,
  script: string,
  env: Record<string, string> = {},
): Promise<Outcome> {
  await installService(progress);
  return runTap(progress, "npm", ["run", script, "--silent", "--", "--tap"], { cwd: serviceFolder, env });
}

/** Both Flink jobs' tests, in the Java builder. */
export async function runJobTests(progress: Progress): Promise<Outcome> {
  const lines: string[] = [];
  try {
    await testJobs({
      log: `${progress.log}.maven`,
      onLine: (line) => {
        lines.push(line);
        progress.update(line);
      },
      signal: progress.signal,
    });
  } catch (error) {
    const counts = countSurefire(lines);
    if (counts.failed === 0) throw error;
    return { ...counts, details: messageOf(error) };
  }
  return countSurefire(lines);
}

/** The tests of the project's own Pulumi plugins, in the Go builder. */
export async function runPluginTests(progress: Progress): Promise<Outcome> {
  const lines: string[] = [];
  const report = (line: string) => {
    lines.push(line);
    progress.update(line);
  };
  try {
    await testPlugins({ report, signal: progress.signal });
  } catch (error) {
    const counts = countGoTests(lines);
    if (counts.failed === 0) throw error;
    return { ...counts, details: messageOf(error) };
  }
  return countGoTests(lines);
}

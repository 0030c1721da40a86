import { EventEmitter, once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, rmSync, type WriteStream } from "node:fs";
import path from "node:path";
import { Concurrency, Listr } from "listr2";
import { runCommand, type CommandOptions } from "./command";
import { messageOf, Problem } from "./problem";
import { formatDuration, indent, onTerminal, paint, plainText } from "./text";

/** One thing to do on the way, with its own log file. */
export interface Step {
  /** A word or two; unique within a run. Also names the log file. */
  readonly name: string;
  /** Names of the steps that must have succeeded before. @default none: it starts at once */
  readonly after?: readonly string[];
  /** Names of steps that must have ended before, with whatever result. @default none */
  readonly behind?: readonly string[];
  /** What the reader should do if the step fails and its error does not know better. */
  readonly remedy?: string;
  /** How many of its log's last lines to show if it fails. @default 25 */
  readonly lastLines?: number;
  /** Does it. What it returns is shown beside its name when it is done, e.g. `cached`. */
  run(progress: Progress): Promise<string | undefined>;
}

/** What a step says while it runs. */
export interface Progress {
  /** The step's log file: absolute path. */
  readonly log: string;
  /** Aborted when another step failed or the user interrupted the run. */
  readonly signal: AbortSignal;
  /** Shows what it is doing now. */
  readonly update: (text: string) => void;
  /** Writes to the log alone. */
  readonly note: (text: string) => void;
  /** Runs a command whose output goes to the log, and its newest line to the display. */
  command(file: string, args: readonly string[], options?: CommandOptions): Promise<void>;
}

/** Steps failed: the message has everything its reader needs. */
export class StepsFailed extends Error {
  /** @param failures what each failed step says of itself */
  constructor(failures: readonly string[]) {
    super(failures.join("\n\n"));
    this.name = "StepsFailed";
  }
}

/** How a run goes. */
export interface RunOptions {
  /** Folder for the log files; made if it is not there. */
  readonly logs: string;
  /** Aborts the run from outside. */
  readonly signal?: AbortSignal;
  /** After a failure, still runs what does not come after the failed step. @default false */
  readonly keepGoing?: boolean;
  /** How many steps run at the same time. @default as many as can */
  readonly atOnce?: number;
}

/** How often a long step says, off a terminal, that it is still alive. Milliseconds. */
const heartbeat = 30_000;

/** How many of the log's last lines a failure shows, unless the step says otherwise. */
const lastLines = 25;

/**
 * Runs steps, each as soon as the ones it comes after are done, so that independent ones run side by side. The first
 * failure stops all others, unless the run is to keep going.
 *
 * @throws StepsFailed
 */
export async function runSteps(steps: readonly Step[], options: RunOptions): Promise<void> {
  const { logs, signal, keepGoing = false, atOnce = steps.length } = options;
  checkOrder(steps);
  mkdirSync(logs, { recursive: true });
  const stop = new AbortController();
  signal?.addEventListener("abort", () => stop.abort());
  const display = onTerminal ? terminalDisplay : plainDisplay;
  const failures: string[] = [];
  const slots = new Concurrency({ concurrency: atOnce });

  async function attempt(step: Step, task: ListrTask): Promise<Outcome> {
    if (stop.signal.aborted) return skip(step, task);
    const shown = display(step.name, task);
    const failure = await runStep(step, logs, shown, stop.signal);
    if (failure === undefined) return "succeeded";
    const stopped = isAborted(stop.signal);
    shown.ended(stopped ? "stopped" : "failed");
    if (!stopped) failures.push(failure);
    if (!keepGoing) stop.abort();
    return "failed";
  }

  /** Waits for the steps before it, then for a slot. */
  async function attemptInTurn(step: Step, task: ListrTask): Promise<Outcome> {
    await Promise.all((step.behind ?? []).map((name) => outcomes.of(name)));
    const before = await Promise.all((step.after ?? []).map((name) => outcomes.of(name)));
    if (before.some((outcome) => outcome !== "succeeded")) return skip(step, task);
    return slots.add(() => attempt(step, task));
  }

  const outcomes = new Outcomes();
  const tasks = steps.map((step) => ({
    title: step.name,
    task: async (_: unknown, task: ListrTask) => {
      const outcome = await attemptInTurn(step, task);
      outcomes.set(step.name, outcome);
      if (outcome === "failed") throw new Error(step.name);
    },
  }));
  await new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false,
    renderer: onTerminal ? "default" : "silent",
    rendererOptions: { showErrorMessage: false, collapseSkips: false },
  }).run();
  if (failures.length > 0) throw new StepsFailed(failures);
  if (stop.signal.aborted)
    throw new Problem("interrupted", "Run the command again: it goes on where it stopped.");
}

type Outcome = "succeeded" | "failed" | "skipped";

/** How each step ended, for those that wait for it. */
class Outcomes {
  private readonly waiting = new EventEmitter().setMaxListeners(0);
  private readonly known = new Map<string, Outcome>();

  set(step: string, outcome: Outcome): void {
    this.known.set(step, outcome);
    this.waiting.emit(step, outcome);
  }

  async of(step: string): Promise<Outcome> {
    return this.known.get(step) ?? ((await once(this.waiting, step)) as [Outcome])[0];
  }
}

function skip(step: Step, task: ListrTask): Outcome {
  task.skip(`${step.name} (not started)`);
  return "skipped";
}

/** Read afresh: a signal may have been aborted since it was last looked at. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Refuses a step that waits for one that does not exist or does not come before it. */
export function checkOrder(steps: readonly Step[]): void {
  const known = new Set<string>();
  for (const { name, after = [], behind = [] } of steps) {
    const unknown = [...after, ...behind].filter((other) => !known.has(other));
    if (unknown.length > 0)
      throw new Error(`step "${name}" comes after ${unknown.join(", ")}, not listed before it`);
    if (known.has(name)) throw new Error(`two steps are named "${name}"`);
    known.add(name);
  }
}

/** What the display of one step can show. */
interface Display {
  update(text: string): void;
  done(result: string | undefined): void;
  /** It ended without success: by itself, or because another step had failed. */
  ended(how: "failed" | "stopped"): void;
}

interface ListrTask {
  title?: string;
  output: string;
  skip(message?: string): void;
}

/** Returns what its reader needs if it fails. */
async function runStep(
  step: Step,
  logs: string,
  display: Display,
  signal: AbortSignal,
): Promise<string | undefined> {
  const log = path.join(logs, `${step.name.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase()}.log`);
  rmSync(log, { force: true });
  const stream = createWriteStream(log, { flags: "a" });
  try {
    display.done(await step.run(progressOf(log, stream, display, signal)));
    return undefined;
  } catch (error) {
    await closed(stream);
    return describeFailure(step, log, error);
  } finally {
    await closed(stream);
  }
}

function progressOf(log: string, stream: WriteStream, display: Display, signal: AbortSignal): Progress {
  return {
    log,
    signal,
    update: (text) => {
      stream.write(`${text}\n`);
      display.update(text);
    },
    note: (text) => stream.write(`${text}\n`),
    command: (file, args, options) =>
      runCommand(file, args, { signal, ...options }, (line) => {
        stream.write(`${line}\n`);
        options?.onLine?.(line);
        const shown = options?.show ? options.show(line) : plainText(line).trim();
        if (shown) display.update(shown);
      }),
  };
}

function closed(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => (stream.closed ? resolve() : stream.end(() => resolve())));
}

function describeFailure(step: Step, log: string, error: unknown): string {
  const { complete, remedy = step.remedy } =
    error instanceof Problem ? error : { complete: false, remedy: undefined };
  const tail = complete ? "" : lastLinesOf(plainText(readFileSync(log, "utf8")), step.lastLines ?? lastLines);
  return [
    `${paint("red", `${step.name} failed:`)} ${messageOf(error)}`,
    ...(tail ? [`The end of ${path.relative(process.cwd(), log)}:\n${indent(tail)}`] : []),
    ...(remedy ? [`What to do: ${remedy}`] : []),
  ].join("\n\n");
}

/** The last lines of a log that say something. */
export function lastLinesOf(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}

function terminalDisplay(name: string, task: ListrTask): Display {
  const started = Date.now();
  const elapsed = () => paint("dim", formatDuration(Date.now() - started));
  const ticking = setInterval(() => (task.title = `${name} ${elapsed()}`), 1000);
  return {
    update: (text) => (task.output = text),
    done: (result) => {
      clearInterval(ticking);
      task.title = `${name} ${elapsed()}${result ? ` ${result}` : ""}`;
    },
    ended: (how) => {
      clearInterval(ticking);
      task.title = `${name} ${elapsed()} ${how}`;
    },
  };
}

function plainDisplay(name: string): Display {
  const started = Date.now();
  let newest = "";
  const say = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${name}: ${text}`);
  say("started");
  const ticking = setInterval(() => {
    say(`still running after ${formatDuration(Date.now() - started)}${newest && `: ${newest}`}`);
  }, heartbeat);
  const finish = (word: string, result?: string) => {
    clearInterval(ticking);
    say(`${word} ${formatDuration(Date.now() - started)}${result ? `: ${result}` : ""}`);
  };
  return {
    update: (text) => (newest = text),
    done: (result) => finish("done in", result),
    ended: (how) => finish(`${how} after`),
  };
}

import { createWriteStream, mkdirSync, readFileSync, rmSync, type WriteStream } from "node:fs";
import path from "node:path";
import { Listr } from "listr2";
import { runCommand, type CommandOptions } from "./command";
import { messageOf, Problem } from "./problem";
import { formatDuration, indent, onTerminal, paint, plainText } from "./text";

/** One thing to do on the way, with its own log file. */
export interface Step {
  /** A word or two; unique within a run. Also names the log file. */
  readonly name: string;
  /** Names of the steps that must have succeeded before. @default none: it starts at once */
  readonly after?: readonly string[];
  /** What the reader should do if the step fails and its error does not know better. */
  readonly remedy?: string;
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
  update(text: string): void;
  /** Writes to the log alone. */
  note(text: string): void;
  /** Runs a command whose output goes to the log, and its newest line to the display. */
  command(file: string, args: readonly string[], options?: CommandOptions): Promise<void>;
}

/** A step failed: the message has everything its reader needs. */
export class StepFailed extends Error {
  constructor(
    readonly step: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "StepFailed";
  }
}

/** How often a long step says, off a terminal, that it is still alive. Milliseconds. */
const heartbeat = 30_000;

/** How many of the log's last lines a failure shows. */
const lastLines = 25;

/**
 * Runs steps, each as soon as the ones it comes after are done, so that independent ones run side by side. The first
 * failure stops all others.
 *
 * @param logs folder for the log files
 * @param signal aborts the run from outside
 * @throws StepFailed for the first step that failed
 */
export async function runSteps(steps: readonly Step[], logs: string, signal?: AbortSignal): Promise<void> {
  checkOrder(steps);
  mkdirSync(logs, { recursive: true });
  const stop = new AbortController();
  signal?.addEventListener("abort", () => stop.abort());
  const display = onTerminal ? terminalDisplay : plainDisplay;

  let failure: StepFailed | undefined;
  const results = new Map<string, Promise<boolean>>();
  const begin = new Map<string, (succeeded: Promise<boolean>) => void>();
  for (const step of steps) {
    results.set(step.name, new Promise((resolve) => begin.set(step.name, resolve)));
  }

  const list = new Listr(
    steps.map((step) => ({
      title: step.name,
      task: async (_: unknown, task: ListrTask) => {
        const run = (async () => {
          const before = await Promise.all((step.after ?? []).map(async (name) => results.get(name)));
          if (!before.every(Boolean) || stop.signal.aborted) {
            task.skip(`${step.name} (not started)`);
            return false;
          }
          const shown = display(step.name, task);
          try {
            await runStep(step, logs, shown, stop.signal);
            return true;
          } catch (error) {
            shown.ended(failure ? "stopped" : "failed");
            failure ??= error as StepFailed;
            stop.abort();
            throw error;
          }
        })();
        begin.get(step.name)?.(run.catch(() => false));
        await run;
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: onTerminal ? "default" : "silent",
      rendererOptions: {
        showErrorMessage: false,
        collapseSkips: false,
        collapseErrors: false,
        removeEmptyLines: false,
      },
    },
  );
  await list.run();
  if (failure) throw failure;
  if (stop.signal.aborted)
    throw new Problem("interrupted", "Run the command again: it goes on where it stopped.");
}

/** Refuses a step that waits for one that does not exist or does not come before it. */
export function checkOrder(steps: readonly Step[]): void {
  const known = new Set<string>();
  for (const { name, after } of steps) {
    const unknown = (after ?? []).filter((other) => !known.has(other));
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

async function runStep(step: Step, logs: string, display: Display, signal: AbortSignal): Promise<void> {
  const log = path.join(logs, `${step.name.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase()}.log`);
  rmSync(log, { force: true });
  const stream = createWriteStream(log, { flags: "a" });
  try {
    display.done(await step.run(progressOf(log, stream, display, signal)));
  } catch (error) {
    await closed(stream);
    throw new StepFailed(step.name, describeFailure(step, log, error), { cause: error });
  }
  await closed(stream);
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
  return new Promise((resolve) => stream.end(() => resolve()));
}

function describeFailure(step: Step, log: string, error: unknown): string {
  const tail = lastLinesOf(plainText(readFileSync(log, "utf8")), lastLines);
  const remedy = error instanceof Problem ? error.remedy : step.remedy;
  return [
    messageOf(error),
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

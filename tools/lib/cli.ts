import { setMaxListeners } from "node:events";
import { Command, InvalidArgumentError, Option } from "commander";
import { messageOf, Problem } from "./problem";
import { makePrivateFolder } from "./project";
import { StepsFailed } from "./steps";
import { indent, paint } from "./text";

/** Exit code of a command that the user interrupted, as shells have it. */
const interrupted = 130;

/** Signals that come within it mean one and the same interrupt. Milliseconds. */
const sameInterrupt = 1_000;

/** Exit code of a command that was called in a wrong way. 1 may say something else, as verify's does. */
const misused = 2;

/** A command's frame, with `--help`. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError()
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : misused));
}

/** The option that names a stack; `make` gives it as STACK=… */
export function addStackOption(to: Command): Command {
  return to.addOption(
    new Option("--stack <name>", "the stack")
      .env("TRIBUTARY_STACK")
      .default("local")
      .argParser(parseStackName),
  );
}

/** Adds a switch that `make` gives as NAME=1. Commander would take any value of the variable for on, also 0. */
export function addSwitch(to: Command, flag: string, description: string, variable: string): Command {
  const value = process.env[variable];
  const on = readSwitch(value);
  if (on === undefined) return to.error(`${variable}=${value}: say 1 or 0.`);
  return to.option(flag, description, on);
}

/** Whether a switch is on; undefined if it is no word for on or off. Pure. */
export function readSwitch(value = ""): boolean | undefined {
  const word = value.trim().toLowerCase();
  if (["", "0", "no", "false", "off"].includes(word)) return false;
  return ["1", "yes", "true", "on"].includes(word) ? true : undefined;
}

function parseStackName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(name)) return name;
  throw new InvalidArgumentError("Use letters, digits, dots, dashes and underscores.");
}

/**
 * Runs a command: an error ends it with its message and what to do about it, not with a stack trace; an interrupt
 * lets it end what it has begun, and a second one ends it at once.
 *
 * @param failed exit code after an error
 */
export async function run(action: (signal: AbortSignal) => Promise<void>, failed = 1): Promise<void> {
  // What containers read on this machine has to be readable for them, whatever the user's mask is.
  process.umask(0o022);
  makePrivateFolder();
  const stop = new AbortController();
  // Everything that waits listens to it, however much that is.
  setMaxListeners(0, stop.signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt(stop));
  try {
    await action(stop.signal);
  } catch (error) {
    console.error(`\n${describe(error)}`);
    process.exitCode = stop.signal.aborted ? interrupted : failed;
  }
}

/** The first interrupt lets the command end what it has begun. Whoever asks again does not want to wait for that. */
function interrupt(stop: AbortController): void {
  if (!stop.signal.aborted) {
    stop.abort();
    // A closing terminal sends more than one signal at once.
    const again = () => process.on("SIGINT", () => process.exit(interrupted));
    setTimeout(again, sameInterrupt).unref();
  }
}

function describe(error: unknown): string {
  if (error instanceof StepsFailed) return error.message;
  if (error instanceof Problem)
    return `${paint("red", error.message)}\n${indent(error.remedy ?? "")}`.trimEnd();
  return `${paint("red", messageOf(error))}\n${indent((error instanceof Error && error.stack) || "")}`;
}

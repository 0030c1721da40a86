import { Command, Option } from "commander";
import { messageOf, Problem } from "./problem";
import { makePrivateFolder } from "./project";
import { stackReference, type StackReference } from "./stack";
import { StepsFailed } from "./steps";
import { indent, paint } from "./text";

/** Exit code of a command that the user interrupted, as shells have it. */
const interrupted = 130;

/** A command's frame, with `--help`. */
export function command(name: string, description: string): Command {
  return new Command(name).description(description).showHelpAfterError().allowExcessArguments(false);
}

/** The options that name a stack; `make` gives them as STACK=… */
export function addStackOptions(to: Command): Command {
  return to
    .addOption(new Option("--stack <name>", "the stack").env("TRIBUTARY_STACK").default("local"))
    .addOption(new Option("--config-file <file>", "its settings, if not in Pulumi.<stack>.yaml"));
}

/** The stack that a command's options name. */
export function stackFrom(options: { stack: string; configFile?: string }): StackReference {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(options.stack)) {
    throw new Problem(
      `"${options.stack}" is no stack's name`,
      "Use letters, digits, dots, dashes and underscores.",
    );
  }
  return stackReference(options.stack, options.configFile);
}

/**
 * Runs a command: an error ends it with its message and what to do about it, not with a stack trace; an interrupt
 * lets it end what it has begun.
 */
export async function run(action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  // What containers read on this machine has to be readable for them, whatever the user's mask is.
  process.umask(0o022);
  makePrivateFolder();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  try {
    await action(stop.signal);
  } catch (error) {
    console.error(`\n${describe(error)}`);
    process.exitCode = stop.signal.aborted ? interrupted : 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof StepsFailed) return error.message;
  if (error instanceof Problem) return `${paint("red", error.message)}\n${indent(error.remedy)}`;
  return `${paint("red", messageOf(error))}\n${indent((error instanceof Error && error.stack) || "")}`;
}

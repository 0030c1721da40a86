import { execa } from "execa";
import { projectFolder } from "./project";

/** How a command of a step runs. */
export interface CommandOptions {
  /** Working folder. @default the checkout's root */
  readonly cwd?: string;
  /** Variables on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Aborting it interrupts the command, as Ctrl-C would. */
  readonly signal?: AbortSignal;
  /** Called with every line of output. */
  readonly onLine?: (line: string) => void;
  /** What to show of a line; `undefined` shows nothing. @default the line */
  readonly show?: (line: string) => string | undefined;
}

/** A command ended with something else than 0. */
export class CommandFailed extends Error {
  constructor(
    command: string,
    /** Its exit code; `undefined` if it was killed or never started. */
    readonly exitCode: number | undefined,
    why: string,
  ) {
    super(`\`${command}\` ${why}`);
    this.name = "CommandFailed";
  }
}

/** After this time an interrupted command that did not end is killed. Milliseconds. */
const patience = 60_000;

/**
 * Runs a command without input, in a process group of its own, so that an interrupt reaches it once, from here,
 * and Pulumi can end what it began.
 *
 * @param onLine called with every line of its output, errors included
 * @throws CommandFailed when it does not end with 0
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
  onLine: (line: string) => void,
): Promise<void> {
  const child = execa(file, args, {
    cwd: options.cwd ?? projectFolder,
    ...(options.env && { env: options.env }),
    stdin: "ignore",
    all: true,
    buffer: false,
    detached: true,
    reject: false,
  });
  const interrupt = () => {
    signalGroup(child.pid, "SIGINT");
    setTimeout(() => signalGroup(child.pid, "SIGKILL"), patience).unref();
  };
  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener("abort", interrupt, { once: true });

  for await (const line of child.iterable({ from: "all" })) onLine(line);
  const result = await child;
  options.signal?.removeEventListener("abort", interrupt);
  if (result.exitCode === 0) return;
  throw new CommandFailed([file, ...args].join(" "), result.exitCode, whyItEnded(result));
}

function whyItEnded(result: {
  exitCode?: number | undefined;
  signal?: string | undefined;
  originalMessage?: string | undefined;
}): string {
  if (result.signal) return `was ended by ${result.signal}`;
  if (result.exitCode === undefined) return `did not start: ${result.originalMessage ?? "unknown reason"}`;
  return `ended with exit code ${result.exitCode}`;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has already ended.
  }
}

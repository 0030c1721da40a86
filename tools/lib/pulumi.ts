import { readFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { CommandFailed } from "./command";
import { Problem } from "./problem";
import { privateFolder, projectFolder } from "./project";
import { hasStaleLock, hasState } from "./state";
import type { Progress } from "./steps";
import { plainText } from "./text";

const wrapper = path.join(projectFolder, "pulumi");

/**
 * Runs Pulumi on a stack; its output goes to the step's log.
 *
 * @throws Problem with Pulumi's own diagnostics when it fails
 */
export async function runPulumi(progress: Progress, stack: string, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  try {
    await progress.command(wrapper, [...args, "--stack", stack, "--non-interactive", "--color", "never"], {
      onLine: (line) => lines.push(plainText(line)),
      show: shownOf,
    });
  } catch (error) {
    const diagnostics = diagnosticsOf(lines);
    if (!(error instanceof CommandFailed) || !diagnostics) throw error;
    throw new Problem(
      `pulumi ${args[0] ?? ""} failed:\n${diagnostics}`,
      "Put right what it complains of and run the command again: it goes on where it stopped.",
      { cause: error, complete: true },
    );
  }
  return lines.join("\n");
}

/** The part of a line of Pulumi's output that tells what happens now, e.g. `kafka creating (3s)`. Pure. */
export function shownOf(line: string): string | undefined {
  // The stack itself is always running, and says nothing.
  return /^\s*[+~\-=]*\s+(?!pulumi:pulumi:Stack)\S+:\S+ (.*?)\s*$/.exec(plainText(line))?.[1];
}

/** Pulumi's own account of what went wrong. Pure. */
export function diagnosticsOf(lines: readonly string[]): string {
  const start = lines.findLastIndex((line) => line.startsWith("Diagnostics:"));
  if (start < 0) return "";
  const end = lines.findIndex((line, i) => i > start && /^(Outputs|Resources|Duration):/.test(line));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .join("\n")
    .trimEnd();
}

/** The counts of Pulumi's summary: `2 created, 43 unchanged`. Pure. */
export function summaryOf(output: string): string {
  const counts = [...output.matchAll(/^\s+[+~\-=]*\s*(\d+) (created|updated|deleted|replaced|unchanged)$/gm)];
  return counts.map(([, count, what]) => `${count} ${what}`).join(", ");
}

/** Makes the stack if it is not there, and frees it from the lock of a Pulumi that was killed. */
export async function ensureStack(progress: Progress, stack: string): Promise<string> {
  if (!hasState(stack)) {
    await progress.command(wrapper, ["stack", "init", stack, "--non-interactive"], {});
    return "made";
  }
  if (!hasStaleLock(stack)) return "there";
  await runPulumi(progress, stack, "cancel", "--yes");
  return "freed from the lock of an interrupted run";
}

/** What the tools need of a stack's outputs; `index.ts` exports them. */
const outputsSchema = z.looseObject({
  pageUrl: z.string(),
  platformApiUrl: z.string(),
  clickhouseUrl: z.string(),
  flinkUrl: z.string(),
  kafkaBootstrap: z.string(),
  mysqlAddress: z.string(),
  captureJobId: z.string(),
  syncJobId: z.string(),
  prefix: z.string(),
  secretsFolder: z.string(),
  topicNames: z.array(z.string()),
});

/** A stack's outputs. */
export type StackOutputs = z.infer<typeof outputsSchema>;

/** The outputs of a stack that is up. */
export async function readOutputs(stack: string): Promise<StackOutputs> {
  const { stdout } = await execa(wrapper, ["stack", "output", "--json", "--stack", stack], {
    cwd: projectFolder,
    stdin: "ignore",
  });
  const outputs = outputsSchema.safeParse(JSON.parse(stdout));
  if (outputs.success) return outputs.data;
  throw new Problem(
    `stack "${stack}" has no whole set of outputs: ${z.prettifyError(outputs.error)}`,
    "Bring it up first: `make up`.",
  );
}

/** The secret that a file of the stack holds, e.g. `clickhouse-reader-password`. */
export function readSecret(stack: string, name: string): string {
  return readFileSync(path.join(privateFolder, "secrets", stack, name), "utf8").trim();
}

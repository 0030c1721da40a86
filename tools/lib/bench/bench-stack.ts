import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { privateConfigFolder } from "../stack";
import type { Progress } from "../steps";

/** The stack that benchmarks run on, in Pulumi's words. */
export const benchStack = "bench";

/** Beside the `local` stack and the test stacks. */
const place = { prefix: "bench-", portOffset: 40_000 };

/** Brings the stack up with these settings, or changes them where they differ. */
export async function bringUp(progress: Progress, settings: Record<string, string> = {}): Promise<undefined> {
  mkdirSync(privateConfigFolder, { recursive: true });
  const config = Object.fromEntries(
    Object.entries({ ...place, ...settings }).map(([name, value]) => [`tributary:${name}`, String(value)]),
  );
  writeFileSync(path.join(privateConfigFolder, `Pulumi.${benchStack}.yaml`), stringify({ config }));
  await runTool(progress, "up", "--stack", benchStack, "--yes");
}

/** Removes the stack and everything of it. */
export async function takeDown(progress: Progress): Promise<undefined> {
  await runTool(progress, "down", "--stack", benchStack);
}

function runTool(progress: Progress, tool: string, ...args: string[]): Promise<void> {
  return progress.command(process.execPath, ["--import", "tsx", path.join("tools", `${tool}.ts`), ...args]);
}

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { privateConfigFolder } from "./stack";
import type { Progress } from "./steps";

/** Writes the settings of a stack that is made for one purpose, where git does not see them. */
export function configure(stack: string, settings: Readonly<Record<string, string | number>>): void {
  mkdirSync(privateConfigFolder, { recursive: true });
  const config = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`tributary:${name}`, String(value)]),
  );
  writeFileSync(path.join(privateConfigFolder, `Pulumi.${stack}.yaml`), stringify({ config }));
}

/** Brings it up, exactly as people do. */
export function runUp(progress: Progress, stack: string): Promise<void> {
  return runTool(progress, "up", "--stack", stack, "--yes");
}

/** Removes it, exactly as people do. */
export function runDown(progress: Progress, stack: string): Promise<void> {
  return runTool(progress, "down", "--stack", stack);
}

function runTool(progress: Progress, tool: string, ...args: string[]): Promise<void> {
  return progress.command(process.execPath, ["--import", "tsx", path.join("tools", `${tool}.ts`), ...args]);
}

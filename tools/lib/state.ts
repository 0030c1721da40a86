import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { z } from "zod";
import { privateFolder } from "./project";

const project = "tributary";
const backend = path.join(privateFolder, "state", ".pulumi");

const resourceSchema = z.object({ urn: z.string(), type: z.string(), id: z.string().optional() });

/** A resource as Pulumi's state has it. */
export type StateResource = z.infer<typeof resourceSchema>;

const stateSchema = z.object({
  checkpoint: z.object({ latest: z.object({ resources: z.array(resourceSchema).nullish() }).nullish() }),
});

function stateFile(stack: string): string {
  return path.join(backend, "stacks", project, `${stack}.json`);
}

/** Whether Pulumi knows the stack. */
export function hasState(stack: string): boolean {
  return existsSync(stateFile(stack));
}

/** The names of all stacks of this checkout. */
export function stacksWithState(): string[] {
  const folder = path.dirname(stateFile(""));
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);
}

/**
 * What Pulumi has recorded of a stack. Read from its file, because asking the command takes seconds, and it may not
 * be built yet.
 */
export function readState(stack: string): StateResource[] {
  if (!hasState(stack)) return [];
  const state = stateSchema.parse(JSON.parse(readFileSync(stateFile(stack), "utf8")));
  return state.checkpoint.latest?.resources ?? [];
}

/** Removes what Pulumi has recorded of a stack, without Pulumi. Only for a stack of which nothing is left. */
export function forgetState(stack: string): void {
  for (const file of [stateFile(stack), `${stateFile(stack)}.bak`, `${stateFile(stack)}.attrs`])
    rmSync(file, { force: true });
  for (const kind of ["history", "backups"]) {
    rmSync(path.join(backend, kind, project, stack), { recursive: true, force: true });
  }
  rmSync(path.join(backend, "locks", "organization", project, stack), { recursive: true, force: true });
}

const lockSchema = z.object({ pid: z.number(), hostname: z.string() });

/** Whether a Pulumi that was killed has left the stack locked. */
export function hasStaleLock(stack: string): boolean {
  const folder = path.join(backend, "locks", "organization", project, stack);
  if (!existsSync(folder)) return false;
  const locks = readdirSync(folder)
    // Beside each lock lies a file with attributes.
    .filter((file) => file.endsWith(".json"))
    .map((file) => lockSchema.parse(JSON.parse(readFileSync(path.join(folder, file), "utf8"))));
  return locks.length > 0 && locks.every((lock) => lock.hostname === hostname() && !isRunning(lock.pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

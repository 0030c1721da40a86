import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  rmSync(completeFile(stack), { force: true });
}

function completeFile(stack: string): string {
  return path.join(privateFolder, "complete", `${stack}.json`);
}

/** The topics whose tables are known to be captured from their first row on; undefined if nothing was noted. */
export function completeTopics(stack: string): string[] | undefined {
  if (!existsSync(completeFile(stack))) return undefined;
  return z.array(z.string()).parse(JSON.parse(readFileSync(completeFile(stack), "utf8")));
}

/** Notes the topics whose tables are captured from their first row on. Pulumi does not know what was in a table before. */
export function noteCompleteTopics(stack: string, topics: readonly string[]): void {
  mkdirSync(path.dirname(completeFile(stack)), { recursive: true });
  // Whole or not at all, also if this process is killed.
  const written = `${completeFile(stack)}.new`;
  writeFileSync(written, JSON.stringify(topics));
  renameSync(written, completeFile(stack));
}

const lockSchema = z.object({ pid: z.number(), hostname: z.string() });

/** Whether a Pulumi that was killed has left the stack locked. */
export function hasStaleLock(stack: string): boolean {
  const locks = locksOf(stack);
  return locks.length > 0 && locks.every((lock) => isHere(lock) && !isRunning(lock.pid));
}

/** The process of a Pulumi that is at work on the stack on this machine. */
export function pulumiAtWork(stack: string): number | undefined {
  return locksOf(stack).find((lock) => isHere(lock) && isRunning(lock.pid))?.pid;
}

type Lock = z.infer<typeof lockSchema>;

function locksOf(stack: string): Lock[] {
  const folder = path.join(backend, "locks", "organization", project, stack);
  if (!existsSync(folder)) return [];
  return (
    readdirSync(folder)
      // Beside each lock lies a file with attributes.
      .filter((file) => file.endsWith(".json"))
      .map((file) => lockSchema.parse(JSON.parse(readFileSync(path.join(folder, file), "utf8"))))
  );
}

function isHere(lock: Lock): boolean {
  return lock.hostname === hostname();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

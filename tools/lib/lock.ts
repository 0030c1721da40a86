import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { Problem } from "./problem";
import { privateFolder } from "./project";

const ownerSchema = z.object({ pid: z.number(), born: z.string(), command: z.string(), since: z.string() });

/** Who holds a lock: a process, and what it does. */
export type LockOwner = z.infer<typeof ownerSchema>;

/**
 * Sees to it that only one command at a time changes a stack. The lock of a process that is gone counts for nothing.
 *
 * @param stack the stack's name
 * @param command what is about to run, e.g. `make up`
 * @returns what gives the lock back; it is also given back when the process ends
 * @throws Problem naming the process that holds it
 */
export function lockStack(
  stack: string,
  command: string,
  folder = path.join(privateFolder, "locks"),
): () => void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${stack}.json`);
  const self: LockOwner = {
    pid: process.pid,
    born: birthOf(process.pid) ?? "",
    command,
    since: new Date().toISOString(),
  };

  // Twice: the second time after a dead owner's file is gone.
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(self), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = readOwner(file);
    if ((owner && isAlive(owner)) || attempt === 3) {
      throw new Problem(
        `\`${owner?.command ?? "another command"}\` is already at work on stack "${stack}"` +
          (owner ? ` (process ${owner.pid}, since ${owner.since})` : ""),
        "Wait until it is done, or stop it with Ctrl-C where it runs.",
      );
    }
    rmSync(file, { force: true });
  }

  const release = () => {
    if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true });
  };
  process.on("exit", release);
  return () => {
    process.off("exit", release);
    release();
  };
}

function readOwner(file: string): LockOwner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Whether the very process that took the lock still runs: a later one may have got its number. */
export function isAlive(owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // The process is there but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const born = birthOf(owner.pid);
  return born === undefined || born === owner.born;
}

/** When a process started, in the kernel's own count; `undefined` where there is no /proc. */
function birthOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")[19];
  } catch {
    return undefined;
  }
}

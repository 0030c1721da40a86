import { fileURLToPath } from "node:url";
import { execa } from "execa";

/** One resource that the program asked for. */
export interface Asked {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  options: { deleteBeforeReplace: boolean; deletedWith: string; parent: string };
}

/** The machine that the program is made to see. */
export interface Machine {
  /** Settings that differ from the defaults. */
  settings?: Record<string, string>;
  /** Content hash of each job's jar. @default "capture-1" and "sync-1" */
  jars?: { capture?: string; sync?: string };
}

/**
 * Runs `index.ts` under Pulumi's mocks, in a process of its own, and returns all that it asked for, sorted by type and
 * name. Nothing of the real machine is looked at, so the graph depends on the settings alone.
 */
export async function graphOf(machine: Machine = {}): Promise<Asked[]> {
  const program = fileURLToPath(new URL("graph-program.ts", import.meta.url));
  const { stdout } = await execa(process.execPath, ["--import", "tsx", program, JSON.stringify(machine)]);
  return JSON.parse(stdout) as Asked[];
}

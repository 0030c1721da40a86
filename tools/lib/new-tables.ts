import path from "node:path";
import { tables, topicOf, type TableSpec } from "../../components/tables";
import { Problem } from "./problem";
import { readOutputs } from "./pulumi";
import type { Progress } from "./steps";

/** The topics of a stack as it was last brought up; undefined if it never was. */
export async function topicsOf(stack: string): Promise<readonly string[] | undefined> {
  try {
    return (await readOutputs(stack)).topicNames;
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/**
 * The tables that came to a stack which captured others already. A stack that is new captures all of its tables from the
 * beginning, so none was added. Pure.
 *
 * @param before its topics until then; undefined if there were none
 */
export function tablesAddedTo(before: readonly string[] | undefined): TableSpec[] {
  return before ? tables.filter((table) => !before.includes(topicOf(table))) : [];
}

/**
 * Brings the rows of added tables into the warehouse. Capture goes on from its saved place and takes no snapshot of
 * them: it has every change from there on, and what was in the tables before is read here.
 */
export async function bringAdded(
  progress: Progress,
  stack: string,
  added: readonly TableSpec[],
): Promise<string> {
  if (added.length === 0) return "none";
  const names = added.map(({ table }) => table).join(",");
  try {
    const tool = ["--import", "tsx", path.join("tools", "resync.ts"), "--stack", stack, "--table", names];
    await progress.command(process.execPath, tool);
  } catch (error) {
    throw new Problem(
      `the rows that were in ${names} before they were captured are not all in the warehouse`,
      `Bring them: \`make resync TABLE=${names} STACK=${stack}\`.`,
      { cause: error },
    );
  }
  return names;
}

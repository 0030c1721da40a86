import path from "node:path";
import { tables, topicOf, type TableSpec } from "../../components/tables";
import { Problem } from "./problem";
import { readOutputs } from "./pulumi";
import { completeTopics, noteCompleteTopics } from "./state";
import type { Progress } from "./steps";

/**
 * The topics of a stack whose tables were brought from their first row on; undefined if it never was up. What is noted
 * of it counts, so that a run that ends between the deployment and the last row leaves the rest to the next one. Without
 * a note it is what was deployed.
 */
export async function topicsOf(stack: string): Promise<readonly string[] | undefined> {
  try {
    const { topicNames } = await readOutputs(stack);
    return completeTopics(stack) ?? topicNames;
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
  if (added.length > 0) await resync(progress, stack, added);
  noteCompleteTopics(stack, tables.map(topicOf));
  return added.map(({ table }) => table).join(", ") || "none";
}

async function resync(progress: Progress, stack: string, added: readonly TableSpec[]): Promise<void> {
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
}

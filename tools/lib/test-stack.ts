import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { inspectEngine } from "./docker";
import { configure, runDown, runUp } from "./own-stack";
import { isFree } from "./ports";
import { Problem } from "./problem";
import {
  describeThings,
  foreignThings,
  isEmpty,
  listThings,
  orphansOf,
  publishedPorts,
  removeThings,
  thingsOf,
} from "./stack";
import { lastLinesOf, type Progress } from "./steps";

/** The stack that the stack suite works on, in Pulumi's words. */
export const testStack = "test";

/** Where a test stack can stand: beside the `local` stack, and beside other checkouts' test stacks. */
const places = Array.from({ length: 10 }, (_, i) => ({
  prefix: i === 0 ? "test-" : `test${i + 1}-`,
  portOffset: 20_000 + 1_000 * i,
}));

/** Removes what an earlier, broken-off test run left on this machine. */
export async function removeOldTestStacks(progress: Progress): Promise<string> {
  if (!isEmpty(thingsOf(testStack, await listThings()))) await takeDown(progress);
  const orphans = orphansOf(testStack, await listThings(), existsSync);
  if (isEmpty(orphans)) return "none";
  progress.update(`removing ${describeThings(orphans)}`);
  await removeThings(orphans);
  return `removed ${describeThings(orphans)}`;
}

/** Finds a place for the test stack and writes its settings, where git does not see them. */
export async function placeTestStack(): Promise<string> {
  const things = await listThings();
  for (const place of places) {
    const foreign = foreignThings(testStack, { ...place, taskManagers: 1 }, things);
    const free = await Promise.all([...publishedPorts(place).keys()].map(isFree));
    if (!isEmpty(foreign) || free.includes(false)) continue;
    configure(testStack, place);
    return `prefix ${place.prefix}, ports moved by ${place.portOffset}`;
  }
  throw new Problem(
    "there is no place left on this machine for a test stack",
    "`docker ps` shows other checkouts' test stacks: `make down STACK=test` there removes them.",
  );
}

/** Brings the test stack up, exactly as people do. */
export async function bringUp(progress: Progress): Promise<undefined> {
  await runUp(progress, testStack);
}

/** Removes the test stack, exactly as people do. */
export async function takeDown(progress: Progress): Promise<undefined> {
  await runDown(progress, testStack);
}

/**
 * Keeps what the stack's containers wrote, before they are removed.
 *
 * @returns the last lines of those that are not well
 */
export async function collectLogs(folder: string): Promise<string> {
  if ((await inspectEngine()).state !== "running") return "";
  mkdirSync(folder, { recursive: true });
  const { containers } = thingsOf(testStack, await listThings());
  const unwell: string[] = [];
  for (const { name, status, health } of containers) {
    const { all } = await execa("docker", ["logs", "--timestamps", name], { all: true, reject: false });
    writeFileSync(path.join(folder, `${name}.log`), all);
    if (status === "running" && health !== "unhealthy") continue;
    unwell.push(`${name} is ${status === "running" ? "unhealthy" : status}:\n${lastLinesOf(all, 20)}`);
  }
  return unwell.join("\n\n");
}

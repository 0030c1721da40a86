import { configure, runDown, runUp } from "../own-stack";
import type { Progress } from "../steps";

/** The stack that benchmarks run on, in Pulumi's words. */
export const benchStack = "bench";

/** Beside the `local` stack and the test stacks. */
const place = { prefix: "bench-", portOffset: 40_000 };

/** Brings the stack up with these settings, or changes them where they differ. */
export async function bringUp(progress: Progress, settings: Record<string, string> = {}): Promise<undefined> {
  configure(benchStack, { ...place, ...settings });
  await runUp(progress, benchStack);
}

/** Removes the stack and everything of it. */
export async function takeDown(progress: Progress): Promise<undefined> {
  await runDown(progress, benchStack);
}

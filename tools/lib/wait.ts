import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "./problem";

/** Between two looks. Milliseconds. */
const pause = 500;

/**
 * Waits for a condition, no longer than it may take.
 *
 * @param what what is waited for, e.g. `Docker to answer`
 * @param timeout milliseconds
 * @param look says what is still missing, or `undefined` when nothing is; what it throws ends the wait
 * @throws Error with the last thing that was missing
 */
export async function waitUntil(
  what: string,
  timeout: number,
  signal: AbortSignal,
  look: () => Promise<string | undefined>,
): Promise<void> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const missing = await look();
    if (missing === undefined) return;
    if (Date.now() > deadline) {
      throw new Error(`waited ${Math.round(timeout / 1000)} s for ${what}, in vain: ${missing}`);
    }
    await sleep(pause, undefined, { signal }).catch((error: unknown) => {
      throw new Error(`interrupted while waiting for ${what}`, { cause: messageOf(error) });
    });
  }
}

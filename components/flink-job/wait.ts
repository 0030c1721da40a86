import { isTemporary, messageOf } from "./failures";

/** What a look at the cluster found: the awaited thing, or what is still missing, in words. */
export type Progress<T> = { done: T } | { pending: string };

/**
 * Looks again and again until the awaited thing is there. Temporary errors count as "not yet"; all others end the wait.
 * @throws after `timeoutMs`, naming what was awaited and what was seen last; temporary if the cluster never answered
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  pollMs: number,
  look: () => Promise<Progress<T>>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look().catch((error: unknown) => {
      if (isTemporary(error)) return { pending: messageOf(error), temporary: true };
      throw error;
    });
    if ("done" in seen) return seen.done;
    if (Date.now() >= deadline) {
      const message = `Waited ${Math.round(timeoutMs / 1000)} s for ${what}. Last seen: ${seen.pending}`;
      throw Object.assign(new Error(message), { temporary: "temporary" in seen });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Repeats a request until it is answered. */
export async function answered<T>(
  what: string,
  timeoutMs: number,
  pollMs: number,
  request: () => Promise<T>,
): Promise<T> {
  return waitFor(what, timeoutMs, pollMs, async () => ({ done: await request() }));
}

/** What went on while we waited for something that did not come. */
export class NeverHappened extends Error {
  constructor(what: string, timeout: number, last: string) {
    super(`${what}: not within ${timeout} ms; the last thing seen: ${last}`);
    this.name = "NeverHappened";
  }
}

export interface Patience {
  /** How long to go on, ms. */
  timeout: number;
  /** Between two looks, ms. @default 100 */
  interval?: number;
}

/**
 * Looks again and again until the probe returns without throwing, at most for the given time.
 *
 * @param what a sentence for the failure, e.g. "the order is in ClickHouse"
 * @param probe throws while it is not so; its last error is part of the failure
 * @returns what the probe returned, and after how many ms
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T>,
  { timeout, interval = 100 }: Patience,
): Promise<{ value: T; after: number }> {
  const start = performance.now();
  for (;;) {
    try {
      return { value: await probe(), after: performance.now() - start };
    } catch (error) {
      if (performance.now() - start > timeout) {
        throw new NeverHappened(what, timeout, error instanceof Error ? error.message : String(error));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}

import { setTimeout as sleep } from "node:timers/promises";

/** Looks at something again and again, one look at a time, until it is stopped. */
export class Watch {
  private readonly stopping = new AbortController();
  private watching: Promise<void> | undefined;

  /**
   * @param interval between two looks, milliseconds
   * @param look deals with its own failures: one that it throws ends the watch, and `stop` throws it
   */
  constructor(
    private readonly interval: number,
    private readonly look: () => Promise<unknown>,
  ) {}

  start(): void {
    this.watching = this.run();
    // Told by `stop`, and not as a rejection that nobody has waited for.
    this.watching.catch(() => undefined);
  }

  /** Ends it, after the look that is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.look();
      await sleep(this.interval, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }
}

import { rowsTableOf, tables } from "../../components/tables";
import type { Commit } from "../../tools/lib/load/lane";
import { warehouseOf } from "./stack";
import { Watch } from "./watch";

/** Between two looks: what is measured is exact to this. Milliseconds. */
const interval = 200;

/** A look that takes longer has seen nothing. Milliseconds. */
const patience = 5_000;

const ordersTable = rowsTableOf(tables.find(({ table }) => table === "orders")!);

/** Watches when each transaction of a load becomes visible in the warehouse, by its lane's marker. */
export class Freshness {
  /** Transactions that were not visible yet at the last look, oldest first, by marker. */
  private readonly waiting = new Map<number, Commit[]>();
  private readonly watch = new Watch(interval, async () => {
    // A warehouse that does not answer shows nothing: the next look finds how long that was.
    if (this.waiting.size > 0) await this.look().catch(() => undefined);
  });
  private slowestSeen = 0;
  private newestSeen = 0;
  private readonly wanted: { since: number; seen: (at: number) => void }[] = [];

  /** Longest time from commit to visible, so far. Milliseconds. */
  get slowest(): number {
    return this.slowestSeen;
  }

  /** When the newest transaction was committed that is visible. Milliseconds since 1970. */
  get newest(): number {
    return this.newestSeen;
  }

  /** Transactions that are not visible yet. */
  get unseen(): number {
    return [...this.waiting.values()].reduce((sum, commits) => sum + commits.length, 0);
  }

  /** To be told of each commit. */
  readonly note = (commit: Commit): void => {
    const commits = this.waiting.get(commit.marker);
    if (commits) commits.push(commit);
    else this.waiting.set(commit.marker, [commit]);
  };

  /** When a transaction committed at `since` or later first was visible. */
  seenSince(since: number): Promise<number> {
    return new Promise((seen) => this.wanted.push({ since, seen }));
  }

  start(): void {
    this.watch.start();
  }

  stop(): Promise<void> {
    return this.watch.stop();
  }

  private async look(): Promise<void> {
    const markers = [...this.waiting.keys()].join(",");
    const query = `SELECT order_id AS marker, max(quantity) AS serial FROM ${ordersTable}
      WHERE order_id IN (${markers}) GROUP BY order_id`;
    const answer = await (
      await warehouseOf("verify")
    ).query({ query, format: "JSONEachRow", abort_signal: AbortSignal.timeout(patience) });
    const rows = await answer.json<{ marker: string; serial: number }>();
    const now = Date.now();
    for (const { marker, serial } of rows) {
      const commits = this.waiting.get(Number(marker))!;
      while (commits[0] && commits[0].serial <= serial) this.see(commits.shift()!, now);
    }
  }

  private see({ at }: Commit, now: number): void {
    this.slowestSeen = Math.max(this.slowestSeen, now - at);
    this.newestSeen = Math.max(this.newestSeen, at);
    for (const wish of this.wanted.filter(({ since }) => since <= at)) {
      this.wanted.splice(this.wanted.indexOf(wish), 1);
      wish.seen(now);
    }
  }
}

import { appendFile } from "node:fs/promises";
import type { ExecutionContext } from "ava";
import { startLoad, type LoadOptions } from "../../tools/lib/load/load";
import type { FaultResult, Figures } from "../../tools/lib/fault-report";
import { eventually } from "./eventually";
import { Freshness } from "./freshness";
import { topicsAreCommitted } from "./heartbeat";
import { JobsWatch, requireRunning } from "./jobs";
import { MemoryWatch } from "./memory";
import { compareTables, countDifferences, type Difference } from "./rows";
import { unwell } from "./servers";
import { forgetOutputs, platformAccess } from "./stack";
import { TopicLedger } from "./topic-ledger";
import { verify } from "./verify";

/** A fault, and how it is met. */
export interface Fault {
  /** Makes the fault, and returns when nothing of it goes on; what starts again by itself may still be down. */
  readonly inject: () => Promise<unknown>;
  /** What the fault changes in the source by itself: row changes of what the platform keeps. @default 0 */
  readonly ownChanges?: number;
  /** Whether a snapshot stands in for some of the changes, so that they cannot be counted. @default false */
  readonly snapshot?: boolean;
  /** Whether capture goes back behind what it has committed, so that changes come again. @default false */
  readonly comesAgain?: boolean;
  /** Whether MySQL is away for the load too, so that it cannot keep its rate. @default false */
  readonly hitsLoad?: boolean;
  /** How long after that a new row may take to be visible. Milliseconds. @default 2 min */
  readonly recoverWithin?: number;
  /** Of the load. @default 600 row changes per second of the usual mix: 500 are wanted, also where MySQL is slow */
  readonly load?: Partial<LoadOptions>;
}

/** Row changes per second that a load reaches, at least, where nothing keeps it from it. */
const leastRate = 500;

/** How long the load goes on after a fault, so that what comes late is seen. Milliseconds. */
const aftermath = 10_000;

/** How long the warehouse may take to catch up with a load that has ended. Milliseconds. */
const catchUp = 180_000;

const ledger = new TopicLedger();

/**
 * Makes a fault under load and proves that nothing was lost or doubled: every change of the load is in the topics once,
 * every row of the source is in the warehouse as it is, both jobs run under the ids they had, and no container ran out of
 * memory. How it ended and what was measured goes to the report.
 */
export async function survive(t: ExecutionContext, fault: Fault): Promise<Figures> {
  const { recoverWithin = 120_000, ownChanges = 0 } = fault;
  const { snapshot = false, comesAgain = false, hitsLoad = false } = fault;
  forgetOutputs();
  await eventually("everything is well before the fault", allIsWell, { timeout: 120_000, interval: 1_000 });
  await topicsAreCommitted();
  await ledger.open();
  const freshness = new Freshness();
  const jobs = new JobsWatch();
  const memory = new MemoryWatch();
  const begun = Date.now();
  const load = await startLoad(await platformAccess(), {
    rate: 600,
    onCommit: freshness.note,
    ...fault.load,
  });
  let figures: Figures | undefined;
  freshness.start();
  jobs.start();
  memory.start();
  try {
    await within("the load is visible", 60_000, freshness.seenSince(begun));
    // Before it is made, so that also a fault that never ends is in the report.
    await report({ fault: t.title, survived: false });
    t.teardown(() => report({ fault: t.title, survived: t.passed, figures }));
    await fault.inject();
    const over = Date.now();
    const seen = await within(
      "a row is visible that came after the fault",
      recoverWithin,
      freshness.seenSince(over),
    );
    await eventually("both jobs run", requireRunning, { timeout: recoverWithin });
    await within("the load is still visible", aftermath + 60_000, freshness.seenSince(over + aftermath));

    const totals = await load.stop();
    t.is(totals.unknown, 0, "transactions of the load with an unknown end");
    await eventually(
      "every transaction is visible",
      async () => requireNone(freshness.unseen, "transactions"),
      {
        timeout: catchUp,
      },
    );
    const differences = await settledDifferences();
    await eventually("everything is well after the fault", allIsWell, { timeout: 120_000, interval: 1_000 });
    await topicsAreCommitted();
    const { changes, duplicates } = await ledger.readOn();
    const made = totals.changes + load.prepared + ownChanges;
    figures = {
      rate: totals.rate,
      changes: made,
      rowsAfter: seen - over,
      jobsAfter: Math.max(0, jobs.down - over),
      slowest: freshness.slowest,
      duplicates,
      missing: snapshot ? null : made - changes,
      differences: countDifferences(differences),
    };
    t.log(JSON.stringify(figures));
    t.deepEqual(differences.map(examplesOf), [], "tables that differ");
    const verified = await verify();
    t.is(verified.exitCode, 0, JSON.stringify(verified.comparison));
    t.deepEqual(verified.comparison.restlessSums, [], "sums that verify could not judge");
    if (!comesAgain) t.is(figures.duplicates, 0, "duplicates in the topics");
    if (!snapshot) t.is(figures.missing, 0, "changes that are missing in the topics");
    // A load that was hit has gone on, as its rows of after the fault have shown.
    if (!hitsLoad)
      t.true(
        totals.rate >= leastRate,
        `only ${Math.round(totals.rate)} row changes/s: was the machine busy?`,
      );
    t.deepEqual(await memory.stop(), [], "containers that ran out of memory");
    return figures;
  } finally {
    await Promise.allSettled([load.stop(), freshness.stop(), jobs.stop(), memory.stop()]);
  }
}

async function allIsWell(): Promise<void> {
  await requireRunning();
  const containers = await unwell();
  if (containers !== "") throw new Error(containers);
}

/** The differences that are left when the last rows had time to arrive. */
async function settledDifferences(): Promise<Difference[]> {
  let last: Difference[] = [];
  const look = async () => {
    last = (await compareTables()).filter((difference) => countDifferences([difference]) > 0);
    requireNone(countDifferences(last), "differences");
  };
  try {
    await eventually("the tables are equal", look, { timeout: 60_000, interval: 1_000 });
  } catch (error) {
    // They were never compared.
    if (last.length === 0) throw error;
  }
  return last;
}

/** A few examples of each kind: there may be a million. */
function examplesOf({ table, missing, extra, changed }: Difference): Difference {
  return {
    table,
    missing: missing.slice(0, 5),
    extra: extra.slice(0, 5),
    changed: changed.slice(0, 5),
  };
}

function requireNone(count: number, what: string): void {
  if (count > 0) throw new Error(`${count} ${what}`);
}

/** Throws if a promise takes longer. @param timeout milliseconds */
async function within<T>(what: string, timeout: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${timeout} ms`)), timeout);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Appends to the file that the runner makes its table of. */
async function report(result: FaultResult): Promise<void> {
  const file = process.env["TRIBUTARY_FAULT_RESULTS"];
  if (file) await appendFile(file, `${JSON.stringify(result)}\n`);
}

import { setTimeout as sleep } from "node:timers/promises";
import { startLoad, type LoadOptions } from "../load/load";
import type { Servers } from "./access";
import { formatCpu, watchCpu } from "./cpu";
import { probeFreshness } from "./probes";
import { formatSpread, spreadOf, type Spread } from "./statistics";

/** A load under which freshness is measured. */
export interface LoadCase {
  readonly name: string;
  readonly options: LoadOptions;
}

/** An order with its item, and the marker that the load keeps. */
const smallTransactions = {
  rate: 3_000,
  transactionSize: 3,
  mix: { insert: 1, update: 0, status: 0, move: 0, rekey: 0, remove: 0 },
  connections: 16,
};

export const loadCases: readonly LoadCase[] = [
  { name: "10 changes/s", options: { rate: 10 } },
  { name: "100 changes/s", options: { rate: 100 } },
  { name: "1,000 changes/s", options: { rate: 1_000 } },
  { name: "5,000 changes/s", options: { rate: 5_000 } },
  { name: "1,000 transactions/s", options: smallTransactions },
];

/** What one case gave. */
export interface Freshness {
  readonly load: LoadCase;
  /** Row changes per second that were really made. */
  readonly achieved: number;
  /** Transactions per second that were really made. */
  readonly transactions: number;
  /** From the source's commit to the topic. Milliseconds. */
  readonly topic: Spread;
  /** From the topic to the warehouse. */
  readonly sync: Spread;
  /** From the commit to the warehouse. */
  readonly all: Spread;
  readonly cpu: string;
}

/** The load runs this long before anything is measured. Milliseconds. */
const leadTime = 5_000;

/** A load that has every part of the jobs compiled. */
const warmingLoad = { rate: 5_000, atMost: 15_000 };

/** Lets jobs that were just started become as fast as they are after a minute of work. */
export async function warmUp({ source }: Servers, signal: AbortSignal): Promise<undefined> {
  const load = await startLoad(source, warmingLoad);
  try {
    await sleep(warmingLoad.atMost, undefined, { signal });
  } finally {
    await load.stop();
  }
}

/**
 * Measures how old changes are when they can be seen, under a load.
 *
 * @param duration of the measurement, milliseconds
 * @param containers whose processor time is watched
 */
export async function measureFreshness(
  servers: Servers,
  load: LoadCase,
  duration: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Freshness> {
  const running = await startLoad(servers.source, load.options);
  try {
    await sleep(leadTime, undefined, { signal });
    const before = running.totals();
    const stopWatching = await watchCpu(containers);
    const arrivals = await probeFreshness(servers, duration, signal);
    const cpu = await stopWatching();
    const after = running.totals();
    const perSecond = (of: "changes" | "transactions") =>
      (after[of] - before[of]) / (after.seconds - before.seconds);
    return {
      load,
      achieved: perSecond("changes"),
      transactions: perSecond("transactions"),
      topic: spreadOf(arrivals.map(({ topic }) => topic)),
      sync: spreadOf(arrivals.map(({ topic, warehouse }) => warehouse - topic)),
      all: spreadOf(arrivals.map(({ warehouse }) => warehouse)),
      cpu: formatCpu(cpu, servers.outputs.prefix),
    };
  } finally {
    await running.stop();
  }
}

export const freshnessHeader = [
  "load",
  "made",
  "commit → topic",
  "topic → warehouse",
  "commit → warehouse",
  "probes",
  "cores",
];

/** A line of the table. Pure. */
export function freshnessRow({ load, achieved, transactions, topic, sync, all, cpu }: Freshness): string[] {
  return [
    load.name,
    `${achieved.toFixed(0)} changes/s in ${transactions.toFixed(0)} tx/s`,
    formatSpread(topic),
    formatSpread(sync),
    `**${formatSpread(all)}**`,
    String(all.count),
    cpu,
  ];
}

import autocannon from "autocannon";
import { execa } from "execa";
import { rowsTableOf } from "../../../components/tables";
import { startLoad } from "../load/load";
import { ask, type Servers } from "./access";
import { awaitEqual, awaitTopicsPassed, loaded, Markers, rowsOfLoaded, until } from "./caught-up";
import { formatCpu, watchCpu, type CpuUse } from "./cpu";

/** More than any source takes, and written in a way that costs the writer and the source little. */
const unbounded = { rate: 1_000_000, connections: 8, transactionSize: 1_000 };

/** Longest time for what was written to arrive. Milliseconds. */
const patience = 300_000;

/** Longest time for a backlog to pile up. Milliseconds. */
const longestFilling = 600_000;

/** A result in words, for the report. */
export type Finding = readonly [what: string, result: string];

const rate = (perSecond: number) => `${Math.round(perSecond).toLocaleString("en")}/s`;
const perSecond = (count: number, milliseconds: number) => rate((count * 1000) / milliseconds);

/**
 * Rounds of a load without bounds: those that count, and before them those in which a job that has just been submitted
 * warms up. Java compiles its code anew: the TaskManager was seen to need 57 µs of processor time per change in the first
 * 12 s, 30 µs in the third, and 13 µs from the seventh on.
 */
const rounds = { warmUp: 6, counted: 3 };

/**
 * How much longer the rounds that count are: what was made last takes about a second to arrive, however long a round is,
 * and is to be a small part of it.
 */
const countedTimes = 3;

interface Round {
  readonly changes: number;
  /** Changes per second, while the load ran. */
  readonly made: number;
  /** From the end of the load until all of it was in the warehouse. Milliseconds. */
  readonly late: number;
  /** Changes per second, from the start of the load until all of it was in the warehouse. */
  readonly endToEnd: number;
  readonly cpu: CpuUse;
}

/**
 * As many changes as the source takes for a while, and how long the warehouse needs until it has them all. Several
 * times, since a machine is not always as fast: what is told is the middle one.
 */
export async function measureSustained(
  servers: Servers,
  duration: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  for (let i = 0; i < rounds.warmUp; i++) await sustainedRound(servers, duration, containers, signal);
  const counted: Round[] = [];
  for (let i = 0; i < rounds.counted; i++)
    counted.push(await sustainedRound(servers, countedTimes * duration, containers, signal));
  counted.sort((one, other) => one.endToEnd - other.endToEnd);
  const { changes, made, late, endToEnd, cpu } = counted[Math.floor(rounds.counted / 2)]!;
  const others = counted.map((round) => rate(round.endToEnd)).join(", ");
  return [
    ["made through MySQL", `${changes.toLocaleString("en")} changes, ${rate(made)}`],
    ["all in the warehouse after the load's end", `${(late / 1000).toFixed(1)} s`],
    ["sustained end to end", `${rate(endToEnd)} (the middle one of ${others})`],
    ["cores during the load", formatCpu(cpu, servers.outputs.prefix)],
  ];
}

async function sustainedRound(
  servers: Servers,
  duration: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Round> {
  const markers = new Markers();
  const stopWatching = await watchCpu(containers);
  const load = await startLoad(servers.source, { ...unbounded, atMost: duration, onCommit: markers.note });
  const begun = Date.now();
  await new Promise((resolve) => setTimeout(resolve, duration));
  const { changes, seconds } = await load.stop();
  const ended = Date.now();
  const cpu = await stopWatching();
  await markers.awaitAll(servers, patience, signal);
  await awaitEqual(servers, patience, signal);
  // Comparing whole tables takes its time, which is none of the pipeline's.
  const arrived = await lastInsert(servers);
  return {
    changes,
    made: changes / seconds,
    late: arrived - ended,
    endToEnd: (changes * 1000) / (arrived - begun),
    cpu,
  };
}

/** As many orders as the platform service takes. */
export async function measureApi(
  servers: Servers,
  duration: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const stopWatching = await watchCpu(containers);
  const result = await autocannon({
    url: `${servers.outputs.platformApiUrl}/api/orders`,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user_id: 1, product_name: "Benchmark", quantity: 1, total_price: 100 }),
    connections: 32,
    duration: duration / 1000,
  });
  const ended = performance.now();
  const cpu = await stopWatching();
  await awaitEqual(servers, patience, signal);
  const placed = result["2xx"];
  return [
    ["orders placed through the API", `${placed.toLocaleString("en")}, ${perSecond(placed, duration)}`],
    ["refused or failed", String(result.non2xx + result.errors)],
    [
      "answered in, p50 / p97.5 / p99",
      `${result.latency.p50} / ${result.latency.p97_5} / ${result.latency.p99} ms`,
    ],
    ["equal in the warehouse after the load's end", `${((performance.now() - ended) / 1000).toFixed(1)} s`],
    ["cores during the load", formatCpu(cpu, servers.outputs.prefix)],
  ];
}

/** Whose absence makes changes pile up: in the binlog, or in the topics. */
export type Absent = "flink-taskmanager" | "clickhouse-server";

/**
 * Lets changes pile up while a server is away, and measures how fast they are worked off while 1,000 more come every
 * second.
 *
 * @param backlog row changes to pile up, at least
 */
export async function measureBacklog(
  servers: Servers,
  absent: Absent,
  backlog: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const container = `${servers.outputs.prefix}${absent}`;
  const rowsBefore = await rowsWritten(servers);
  const markers = new Markers();
  await execa("docker", ["stop", container]);
  try {
    const changes = await pileUp(servers, backlog, markers, signal);
    const live = await startLoad(servers.source, { rate: 1_000 });
    try {
      const started = performance.now();
      await execa("docker", ["start", container]);
      while (performance.now() - started < patience) {
        signal.throwIfAborted();
        const rows = await rowsWritten(servers).catch(() => rowsBefore);
        if (rows !== rowsBefore) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const firstRow = performance.now();
      const stopWatching = await watchCpu(containers);
      await markers.awaitAll(servers, patience, signal);
      await awaitTopicsPassed(servers, patience, signal);
      const drained = performance.now();
      const cpu = await stopWatching();
      const { changes: meanwhile } = live.totals();
      return [
        ["piled up", `${changes.toLocaleString("en")} changes`],
        [`first row after the start of ${absent}`, `${((firstRow - started) / 1000).toFixed(1)} s`],
        ["all of it in the warehouse after the first row", `${((drained - firstRow) / 1000).toFixed(1)} s`],
        [
          "drained, with what came meanwhile",
          `${perSecond(changes + meanwhile, drained - firstRow)} (${meanwhile.toLocaleString("en")} came meanwhile)`,
        ],
        ["cores while draining", formatCpu(cpu, servers.outputs.prefix)],
      ];
    } finally {
      await live.stop();
      await awaitEqual(servers, patience, signal);
    }
  } finally {
    // Also where nothing piled up: it does nothing to a container that runs.
    await execa("docker", ["start", container]);
  }
}

/** Makes so many row changes, at least. @returns how many */
async function pileUp(
  { source }: Servers,
  backlog: number,
  markers: Markers,
  signal: AbortSignal,
): Promise<number> {
  const load = await startLoad(source, { ...unbounded, atMost: longestFilling, onCommit: markers.note });
  try {
    await until(`${backlog} changes pile up`, longestFilling, signal, () => {
      if (load.failure) throw load.failure;
      return Promise.resolve(load.totals().changes >= backlog);
    });
  } finally {
    await load.stop();
  }
  return load.totals().changes;
}

/**
 * Has capture start without its saved state on the tables as they are, and measures how fast their rows arrive. By the
 * clocks of the topic and the warehouse: from the first row's record to the last row's insert.
 *
 * @param startAfresh takes a new snapshot and returns when capture runs
 */
export async function measureSnapshot(
  servers: Servers,
  startAfresh: () => Promise<unknown>,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const rows = await rowsOfLoaded(servers);
  const before = await newestVersion(servers);
  const stopWatching = await watchCpu(containers);
  await startAfresh();
  // All rows of a snapshot have one version, and nothing else is written meanwhile.
  const written = `FROM (${everyLoaded((table) => `SELECT _topic_time, _ingested_at FROM ${table} WHERE _version > ${before}`)})`;
  await until("every row came again", patience, signal, async () => {
    const [found] = await ask<{ rows: string }>(servers.warehouse, `SELECT count() AS rows ${written}`);
    return Number(found!.rows) >= rows;
  });
  const cpu = await stopWatching();
  const [took] = await ask<{ milliseconds: number }>(
    servers.warehouse,
    `SELECT dateDiff('millisecond', min(_topic_time), max(_ingested_at)) AS milliseconds ${written}`,
  );
  const { milliseconds } = took!;
  return [
    ["rows in the source", rows.toLocaleString("en")],
    ["first snapshot", `${perSecond(rows, milliseconds)}, ${(milliseconds / 1000).toFixed(1)} s in all`],
    ["cores, the job's start included", formatCpu(cpu, servers.outputs.prefix)],
  ];
}

/** A query on each of the tables that a load writes, as one. */
function everyLoaded(query: (table: string) => string): string {
  return loaded.map(rowsTableOf).map(query).join(" UNION ALL ");
}

/** When the last row was inserted. Milliseconds since 1970. */
async function lastInsert({ warehouse }: Servers): Promise<number> {
  const last = everyLoaded((table) => `SELECT max(_ingested_at) AS last FROM ${table}`);
  const [row] = await ask<{ last: string }>(
    warehouse,
    `SELECT toString(toUnixTimestamp64Milli(max(last))) AS last FROM (${last})`,
  );
  return Number(row!.last);
}

async function newestVersion({ warehouse }: Servers): Promise<string> {
  const newest = everyLoaded((table) => `SELECT max(_version) AS version FROM ${table}`);
  const [row] = await ask<{ version: string }>(
    warehouse,
    `SELECT toString(max(version)) AS version FROM (${newest})`,
  );
  return row!.version;
}

async function rowsWritten({ warehouse }: Servers): Promise<string> {
  const query = "SELECT max(_version) FROM orders_rows";
  return (await warehouse.query({ query, format: "TabSeparated" })).text();
}

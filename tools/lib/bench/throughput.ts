import autocannon from "autocannon";
import { execa } from "execa";
import { rowsTableOf } from "../../../components/tables";
import { startLoad } from "../load/load";
import { ask, type Servers } from "./access";
import { awaitEqual, awaitTopicsPassed, loaded, Markers, rowsOfLoaded, until } from "./caught-up";
import { formatCpu, watchCpu } from "./cpu";

/** More than any source takes, and written in a way that costs the writer and the source little. */
const unbounded = { rate: 1_000_000, connections: 8, transactionSize: 1_000 };

/** Longest time for what was written to arrive. Milliseconds. */
const patience = 300_000;

/** A result in words, for the report. */
export type Finding = readonly [what: string, result: string];

const perSecond = (count: number, milliseconds: number) =>
  `${Math.round((count * 1000) / milliseconds).toLocaleString("en")}/s`;

/** As many changes as the source takes for a while, and how long the warehouse needs until it has them all. */
export async function measureSustained(
  servers: Servers,
  duration: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const markers = new Markers();
  const load = await startLoad(servers.source, { ...unbounded, atMost: duration, onCommit: markers.note });
  const stopWatching = watchCpu(containers);
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, duration));
  const { changes, seconds } = await load.stop();
  const ended = performance.now();
  const cpu = await stopWatching();
  // Comparing whole tables all the time would slow down what is waited for.
  await markers.awaitAll(servers, patience, signal);
  await awaitEqual(servers, patience, signal);
  const equal = performance.now();
  return [
    ["made through MySQL", `${changes.toLocaleString("en")} changes, ${perSecond(changes, seconds * 1000)}`],
    ["equal in the warehouse after the load's end", `${((equal - ended) / 1000).toFixed(1)} s`],
    ["sustained end to end", perSecond(changes, equal - begun)],
    ["cores during the load", formatCpu(cpu, servers.outputs.prefix)],
  ];
}

/** As many orders as the platform service takes. */
export async function measureApi(
  servers: Servers,
  duration: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const stopWatching = watchCpu(containers);
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

/**
 * Lets changes pile up while the TaskManager is away, and measures how fast they are worked off while 1,000 more come
 * every second.
 *
 * @param backlog row changes to pile up, at least
 */
export async function measureBacklog(
  servers: Servers,
  backlog: number,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const taskManager = `${servers.outputs.prefix}flink-taskmanager`;
  await execa("docker", ["stop", taskManager]);
  const markers = new Markers();
  const filling = await startLoad(servers.source, { ...unbounded, onCommit: markers.note });
  while (filling.totals().changes < backlog && !signal.aborted)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const { changes } = await filling.stop();

  const live = await startLoad(servers.source, { rate: 1_000 });
  try {
    const rowsBefore = await rowsWritten(servers);
    const started = performance.now();
    await execa("docker", ["start", taskManager]);
    while ((await rowsWritten(servers)) === rowsBefore && performance.now() - started < patience) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const firstRow = performance.now();
    const stopWatching = watchCpu(containers);
    await markers.awaitAll(servers, patience, signal);
    await awaitTopicsPassed(servers, patience, signal);
    const drained = performance.now();
    const cpu = await stopWatching();
    const { changes: meanwhile } = live.totals();
    return [
      ["piled up", `${changes.toLocaleString("en")} changes`],
      ["first row after the start of the TaskManager", `${((firstRow - started) / 1000).toFixed(1)} s`],
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
  const stopWatching = watchCpu(containers);
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

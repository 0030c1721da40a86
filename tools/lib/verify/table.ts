import { Problem } from "../problem";
import type { SourceAccess } from "../source";
import { waitUntil } from "../wait";
import {
  chunksOf,
  differingKeys,
  emptySum,
  everyKey,
  inParts,
  sameSum,
  widthOf,
  without,
  type KeyRange,
} from "./chunks";
import type { Row } from "./columns";
import { judge, judgeByTrail, type Bracket, type Sighting, type WarehouseRow } from "./judge";
import { binlogEnd, newestBeat, Snapshot, type Beat, type VerifiedTable } from "./source";
import { fileNumberOf, placeOf, versionOf } from "./place";
import { nameOfKey } from "./keys";
import type { Topics } from "./topics";
import type { Warehouse } from "./warehouse";

/** Both ends, and what lies between. */
export interface Pipeline {
  readonly source: SourceAccess;
  readonly warehouse: Warehouse;
  readonly topics: Topics;
  readonly signal: AbortSignal;
}

/** A key that is not the same on both sides. */
export interface Difference {
  readonly key: bigint;
  readonly source: Row | undefined;
  readonly warehouse: readonly WarehouseRow[];
  /** The version that no change can have had, if that is what is wrong. */
  readonly fromNowhere?: bigint;
}

/** Differences that were found in one bracket. */
export interface Found {
  readonly bracket: Bracket;
  readonly differences: readonly Difference[];
}

export interface TableOptions {
  /** Is told how many rows of the source are compared. */
  readonly onProgress: (rows: number) => void;
  /** Is given the differences as they are found; each is given once. */
  readonly onDifferences: (found: Found) => Promise<void>;
}

/** How a table compares. */
export interface TableResult {
  /** In the source. */
  readonly rows: number;
  readonly differences: number;
  /** Keys that changed too often to be judged, as people call them. They count as equal nowhere. */
  readonly unsettled: readonly string[];
}

/** Connections that scan a table side by side, each with a snapshot of its own. */
const scanners = 2;

/** Rows that one query of the warehouse sums up. */
const sliceRows = 262_144;

/** Chunks of a slice: what is compared by one sum. */
const chunksPerSlice = 32;

/** Keys that are judged in one bracket. */
const keysPerBracket = 50_000;

/** How often a key is looked at that changes all the time. */
const rounds = 20;

/** Compares a table, chunk by chunk and then row by row where chunks differ. */
export async function verifyTable(
  pipeline: Pipeline,
  table: VerifiedTable,
  options: TableOptions,
): Promise<TableResult> {
  const { rows, open } = await scan(pipeline, table, options);
  let differences = 0;
  const unsettled: string[] = [];
  for (const keys of inParts([...open], keysPerBracket)) {
    const restless = await settle(pipeline, table, keys, async (found) => {
      differences += found.differences.length;
      await options.onDifferences(found);
    });
    for (const name of restless) unsettled.push(name);
  }
  return { rows, differences, unsettled };
}

/**
 * Waits until the warehouse holds everything that a read of the source may hold.
 *
 * @param beat the newest heartbeat in the read
 * @param entirely also what a transaction of somebody else holds up: where something has been seen to differ, so that
 *   nothing is called wrong which only waits
 * @returns where the read stands in the binlog
 */
export async function reach(
  pipeline: Pipeline,
  table: VerifiedTable,
  beat: Beat,
  entirely: boolean,
): Promise<Bracket> {
  const bracket = await locate(pipeline, beat);
  await pipeline.topics.drained(table, pipeline.signal, entirely);
  return bracket;
}

/** Waits until the warehouse knows the places of a heartbeat and of the one after it. */
export async function locate({ warehouse, topics, signal }: Pipeline, beat: Beat): Promise<Bracket> {
  let bracket: Bracket | undefined;
  const after = beat.number + 1n;
  await waitUntil(`heartbeat ${after} to arrive in the warehouse`, topics.patience, signal, async () => {
    const places = await warehouse.placesOf(beat);
    if (!places) return "it is in MySQL's binlog, but not in heartbeats_rows";
    if (topics.newestBeat < places.to) return "it is in heartbeats_rows, but not committed in its topic";
    bracket = places;
    return undefined;
  }).catch((error: unknown) => {
    throw new Problem(
      (error as Error).message,
      "`make status` tells which part of the pipeline stands still.",
    );
  });
  if (!bracket || bracket.from >= bracket.to) {
    throw new Problem(
      `heartbeats ${beat.number} and ${after} have no places of their own: both are from capture's first snapshot`,
      "Wait until the snapshot is done and run it again.",
    );
  }
  return bracket;
}

/** A snapshot, and where it stands. */
interface Scanner {
  readonly snapshot: Snapshot;
  readonly bracket: Bracket;
}

interface Scan {
  rows: number;
  /** Keys that differ, or have changed since: to be looked at one by one. */
  readonly open: Set<bigint>;
}

async function scan(pipeline: Pipeline, table: VerifiedTable, { onProgress }: TableOptions): Promise<Scan> {
  const { source, signal } = pipeline;
  const snapshots: Snapshot[] = [];
  const result: Scan = { rows: 0, open: new Set() };
  try {
    while (snapshots.length < scanners) snapshots.push(await Snapshot.open(source, signal));
    const brackets = await Promise.all(snapshots.map(({ beat }) => locate(pipeline, beat)));
    await pipeline.topics.drained(table, signal);
    const slices = slicesOf(snapshots[0]!, pipeline.warehouse, table);
    const work = async (scanner: Scanner) => {
      for (let next = await slices.next(); !next.done; next = await slices.next()) {
        signal.throwIfAborted();
        const { rows, open } = await compareSlice(pipeline, table, scanner, next.value);
        result.rows += rows;
        for (const key of open) result.open.add(key);
        onProgress(result.rows);
      }
    };
    await Promise.all(snapshots.map((snapshot, i) => work({ snapshot, bracket: brackets[i]! })));
  } finally {
    for (const snapshot of snapshots) snapshot.close();
  }
  return result;
}

/** A part of a table that is compared as one. */
interface Slice extends KeyRange {
  /** It lies beyond the source's keys: there should be nothing. */
  readonly outside: boolean;
}

/**
 * Ranges that together hold every key there can be, each with at most so many rows of the source, or, where the source
 * has none, of the warehouse.
 */
async function* slicesOf(
  snapshot: Snapshot,
  warehouse: Warehouse,
  table: VerifiedTable,
): AsyncGenerator<Slice> {
  const bounds = await snapshot.bounds(table);
  const outside = bounds
    ? [
        { from: everyKey.from, to: bounds.from - 1n },
        { from: bounds.to + 1n, to: everyKey.to },
      ]
    : [everyKey];
  for (let from = bounds?.from; bounds && from !== undefined && from <= bounds.to;) {
    const to = (await snapshot.endOf(table, from, sliceRows)) ?? bounds.to;
    yield { from, to, outside: false };
    from = to + 1n;
  }
  for (const range of outside) {
    for (let { from } = range; from <= range.to;) {
      const to = (await warehouse.endOf(table, { from, to: range.to }, sliceRows)) ?? range.to;
      yield { from, to, outside: true };
      from = to + 1n;
    }
  }
}

async function compareSlice(
  { warehouse }: Pipeline,
  table: VerifiedTable,
  { snapshot, bracket }: Scanner,
  slice: Slice,
): Promise<{ rows: number; open: bigint[] }> {
  // Where each chunk costs a look at the whole table, a slice is one.
  const width = widthOf(slice, slice.outside || !table.key.ordered ? 1 : chunksPerSlice);
  const chunks = chunksOf(slice, width);
  const [inWarehouse, inSource] = await Promise.all([
    warehouse.chunks(table, slice, width, bracket.from),
    inTurn(chunks, (chunk) => snapshot.sum(table, chunk)),
  ]);
  for (const i of inWarehouse.keys()) {
    if (!chunks[i])
      throw new Error(`${table.spec.table}: the warehouse has a chunk ${i}, which nobody asked for`);
  }
  // One by one: they may be too many to be the arguments of a call.
  const open: bigint[] = [];
  for (const [i, chunk] of chunks.entries()) {
    const { sum, overtaken } = inWarehouse.get(i) ?? { sum: emptySum, overtaken: [] };
    for (const key of overtaken) open.push(key);
    const settled = without(inSource[i]!, await snapshot.sumOf(table, overtaken));
    if (sameSum(settled, sum)) continue;
    const [ours, theirs] = [await snapshot.hashes(table, chunk), await warehouse.hashes(table, chunk)];
    for (const key of differingKeys(ours, theirs)) open.push(key);
  }
  return { rows: inSource.reduce((rows, sum) => rows + sum.rows, 0), open };
}

async function inTurn<T, R>(list: readonly T[], action: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of list) results.push(await action(one));
  return results;
}

/**
 * Judges keys one by one, each in as many brackets as it takes.
 *
 * @returns the names of the keys that could not be judged
 */
async function settle(
  pipeline: Pipeline,
  table: VerifiedTable,
  keys: readonly bigint[],
  onFound: (found: Found) => Promise<void>,
): Promise<string[]> {
  const { source, topics, signal } = pipeline;
  let open = [...keys];
  let floor = 0n;
  let suspects = new Set<bigint>();
  const names = new Map<bigint, string>();
  for (let round = 1; round <= rounds && open.length > 0; round++) {
    const { bracket, sightings } = await sight(pipeline, table, open, floor, suspects.size > 0);
    const differences: Difference[] = [];
    const again: bigint[] = [];
    const seenToDiffer = new Set<bigint>();
    for (const key of open) {
      const sighting = sightings.get(key)!;
      let verdict: ReturnType<typeof judge> | "unknown" = judge(bracket, sighting);
      // Its changes are kept from the first round on.
      if (verdict === "overtaken" && round > 1) {
        verdict = judgeByTrail(bracket, sighting, topics.trailOf(table, key));
      }
      if (verdict === "equal") continue;
      const difference = { key, source: sighting.source, warehouse: sighting.shown };
      if (verdict === "from nowhere") {
        differences.push({ ...difference, fromNowhere: sighting.newest! });
      } else if (verdict === "differs" && suspects.has(key)) {
        differences.push(difference);
      } else {
        again.push(key);
        if (verdict === "differs") seenToDiffer.add(key);
      }
    }
    // Whoever stopped this wants no more repairs.
    signal.throwIfAborted();
    if (differences.length > 0) await onFound({ bracket, differences });
    topics.watch(table, again);
    floor = await newestBeat(source);
    for (const key of again) {
      const { source: row, shown } = sightings.get(key)!;
      names.set(key, nameOfKey(table, key, row ?? shown[0]?.row));
    }
    [open, suspects] = [again, seenToDiffer];
  }
  return open.map((key) => names.get(key)!);
}

/** Looks at some keys on both sides. */
async function sight(
  pipeline: Pipeline,
  table: VerifiedTable,
  keys: readonly bigint[],
  floor: bigint,
  entirely: boolean,
): Promise<{ bracket: Bracket; sightings: Map<bigint, Sighting> }> {
  const { source, warehouse, topics, signal } = pipeline;
  const snapshot = await Snapshot.open(source, signal, floor);
  const rows = await snapshot.rows(table, keys).finally(() => snapshot.close());
  const bracket = await reach(pipeline, table, snapshot.beat, entirely);
  const before = await warehouse.newest(table, keys);
  const shown = await warehouse.shown(table, keys);
  // After what is shown: a change in between then counts as one that overtook.
  const newest = await warehouse.newest(table, keys);
  const next = await nextVersion(source, bracket);
  await topics.caughtUp(table, signal);
  return {
    bracket,
    sightings: new Map(
      keys.map((key) => [
        key,
        {
          source: rows.get(key),
          shown: shown.get(key) ?? [],
          newest: newest.get(key),
          still: before.get(key) === newest.get(key),
          next,
        },
      ]),
    ),
  };
}

/** The version that whatever comes next into the source's binlog has at least, in the epoch of a bracket. */
async function nextVersion(source: SourceAccess, { from }: Bracket): Promise<bigint> {
  const { file, pos } = await binlogEnd(source);
  const place = { epoch: placeOf(from).epoch, fileNumber: fileNumberOf(file), pos, row: 0 };
  return versionOf(place, "after");
}

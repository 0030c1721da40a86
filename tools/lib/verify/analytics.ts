import { setTimeout as sleep } from "node:timers/promises";
import { inParts } from "./chunks";
import { differingSums, isOutside, sumsByGroup, type Sums } from "./order-sums";
import { Snapshot, type VerifiedTable } from "./source";
import { reach, type Pipeline } from "./table";
import type { Warehouse } from "./warehouse";

/** A sum that is not what its rows say. */
export interface WrongSum {
  readonly view: string;
  /** What it is the sum of, e.g. minute, status and product. */
  readonly group: readonly string[];
  /** What is too much in the sums, negative for what is missing: orders, pieces, revenue. */
  readonly excess: readonly string[];
}

/** How the analytics compare. */
export interface AnalyticsResult {
  readonly wrong: readonly WrongSum[];
  /** Groups in which something was written at every look, so that their sums were never caught up with. */
  readonly restless: readonly WrongSum[];
}

/** Between two looks at sums that do not agree yet; milliseconds. */
const pause = 250;

/** How long sums may take to agree with their rows; milliseconds. They follow within seconds, also under load. */
const patience = 60_000;

/** Looks in a row at which nothing may have moved, nor be left to count, before what is wrong is called that. */
const looksAtRest = 8;

/** Comparisons with the source in a row in which neither side may have moved before a difference is called wrong. */
const comparisonsAtRest = 2;

/** How often groups are compared with the source that did not agree; each time takes a heartbeat or two. */
const comparisons = 5;

/** Minutes that one query of the source names. */
const minutesAtOnce = 200;

/** Minutes whose orders one query adds up at a time. */
const ordersAtOnce = 500_000;

/** Where the sums are, by minute, status and product. */
const sumsTable = "order_sums";

/** SQL of an order's minute, in a form that finds the minute's orders by their key. */
const minuteOf = "toStartOfMinute(toStartOfSecond(created_at))";

/** The same as order_sums has it: without a fraction. */
const minuteInSums = `toDateTime64(${minuteOf}, 0, 'UTC')`;

/**
 * Compares the analytics with the warehouse's orders that they are made of, and with the same sums of the source.
 *
 * Under live writes the sums follow the rows by a second. So each group (minute, status, product) that does not agree is
 * looked at again until it has agreed once; what stays different at rest is wrong. A group that is never at rest is wrong
 * where its sums are none that its rows can have had, and otherwise restless: they were not judged.
 *
 * @param orders the table that the sums are made of
 */
export async function verifyAnalytics(pipeline: Pipeline, orders: VerifiedTable): Promise<AnalyticsResult> {
  const { warehouse, signal } = pipeline;
  const wrong: WrongSum[] = [];
  const restless: WrongSum[] = [];
  const ranges = await minuteRanges(warehouse);
  for (const [from, to] of ranges) {
    const minutes = `BETWEEN ${timeOf(from)} AND ${timeOf(to)}`;
    const persisted = await persisting(warehouse, signal, () => differingGroups(warehouse, minutes));
    wrong.push(...persisted.wrong);
    restless.push(...persisted.restless);
  }
  wrong.push(...(await wrongThroughout(() => differingViews(warehouse), signal)));
  const known = new Set(wrong.map(nameOf));
  const unlikeSource = await differingFromSource(pipeline, orders, ranges);
  return { wrong: [...wrong, ...unlikeSource.filter((one) => !known.has(nameOf(one)))], restless };
}

/**
 * The sums that are not the source's own. What differs is compared again in a later read of the source, which the
 * warehouse has then reached, until it has agreed once or neither side moves any more. A group in which something is
 * written all the time comes to no rest: its sums are compared with their rows only, and those with the source's.
 */
async function differingFromSource(
  pipeline: Pipeline,
  orders: VerifiedTable,
  ranges: readonly (readonly [string, string])[],
): Promise<WrongSum[]> {
  const rest = new Rest();
  const wrong: WrongSum[] = [];
  let suspects: readonly WrongSum[] | undefined;
  let parts = everyPart(ranges);
  for (let round = 0; round < comparisons && parts.length > 0; round++) {
    const differing = await compareWithSource(pipeline, orders, parts, round > 0);
    const uncounted = await uncountedMinutes(pipeline.warehouse, differing);
    const again: WrongSum[] = [];
    for (const { seen, ...one } of suspects ? stillWrong(suspects, differing) : differing) {
      const mayCome = hasPlace(one) && rest.note(one, seen, uncounted) < comparisonsAtRest;
      (mayCome ? again : wrong).push(one);
    }
    suspects = again;
    parts = partsOf(again);
  }
  return wrong;
}

/** A part of the orders, for each side. */
interface Part {
  readonly inSource: string;
  readonly inWarehouse: string;
}

/** All orders, range by range: the first and the last are open, for what the warehouse does not have at all. */
function everyPart(ranges: readonly (readonly [string, string])[]): Part[] {
  if (ranges.length === 0) return [{ inSource: "TRUE", inWarehouse: "TRUE" }];
  return ranges.map(([from], i) => {
    const next = ranges[i + 1]?.[0];
    const bounds = (column: string, time: (minute: string) => string) =>
      [
        ...(i > 0 ? [`${column} >= ${time(from)}`] : []),
        ...(next === undefined ? [] : [`${column} < ${time(next)}`]),
        "TRUE",
      ].join(" AND ");
    return {
      inSource: bounds("created_at", (minute) => `'${minute}'`),
      inWarehouse: bounds("minute", timeOf),
    };
  });
}

function partsOf(sums: readonly WrongSum[]): Part[] {
  return inParts(minutesOf(sums), minutesAtOnce).map((minutes) => ({
    inSource: minutes
      .map((minute) => `created_at >= '${minute}' AND created_at < '${minute}' + INTERVAL 1 MINUTE`)
      .join(" OR "),
    inWarehouse: `minute IN (${minutes.map(timeOf).join()})`,
  }));
}

async function compareWithSource(
  pipeline: Pipeline,
  orders: VerifiedTable,
  parts: readonly Part[],
  entirely: boolean,
): Promise<(WrongSum & { seen: string })[]> {
  const { source, warehouse, signal } = pipeline;
  const differing: (WrongSum & { seen: string })[] = [];
  const snapshot = await Snapshot.open(source, signal);
  try {
    await reach(pipeline, orders, snapshot.beat, entirely);
    for (const { inSource, inWarehouse } of parts) {
      const ours = sumsByGroup(await snapshot.orderSums(inSource));
      const theirs = sumsByGroup(await sumsOf(warehouse, inWarehouse));
      differing.push(...differingSums(sumsTable, ours, theirs));
    }
  } finally {
    snapshot.close();
  }
  return differing;
}

function sumsOf(warehouse: Warehouse, where: string): Promise<(string | null)[][]> {
  return warehouse.select(
    `SELECT toString(minute), status, product_name, sum(orders), sum(quantity), toString(sum(revenue))
     FROM order_sums WHERE ${where} GROUP BY minute, status, product_name`,
  );
}

/** The statement that has the minutes of wrong sums counted anew; undefined if none is wrong. Pure. */
export function recount(wrong: readonly WrongSum[]): string | undefined {
  const minutes = minutesOf(wrong);
  if (minutes.length === 0) return undefined;
  const rows = minutes.map((minute) => `(${timeOf(minute)}, 1)`);
  return `INSERT INTO order_changes (minute, changes) VALUES ${rows.join()}`;
}

/**
 * What is wrong at so many looks in a row, as it is at the last. It is for what cannot lag behind: a view is read together
 * with its sums, so it is wrong however it moves.
 */
export async function wrongThroughout(
  look: () => Promise<WrongSum[]>,
  signal: AbortSignal,
  between = pause,
): Promise<WrongSum[]> {
  let open = await look();
  for (let looks = 1; looks < looksAtRest && open.length > 0; looks++) {
    await sleep(between, undefined, { signal });
    open = stillWrong(open, await look());
  }
  return open;
}

/** A sum that differs, and what both sides are. */
interface Differing extends WrongSum {
  readonly sides: { readonly sums: Sums; readonly rows: Sums };
}

/** Looks until what differed at first has been right once, or stays wrong at rest, or has moved for too long. */
async function persisting(
  warehouse: Warehouse,
  signal: AbortSignal,
  look: () => Promise<Differing[]>,
): Promise<AnalyticsResult> {
  const deadline = Date.now() + patience;
  const trails = new Trails();
  let open = await look();
  while (open.length > 0 && Date.now() < deadline) {
    // Asked before the sums are: what is counted now is in them.
    const uncounted = await uncountedMinutes(warehouse, open);
    await sleep(pause, undefined, { signal });
    open = stillWrong(open, await look());
    trails.add(open, uncounted);
    if (open.every((one) => trails.isAtRest(one))) break;
  }
  const isWrong = (one: Differing) => trails.isAtRest(one) || trails.isOutside(one);
  const plain = ({ view, group, excess }: Differing): WrongSum => ({ view, group, excess });
  return {
    wrong: open.filter(isWrong).map(plain),
    restless: open.filter((one) => !isWrong(one)).map(plain),
  };
}

/** For how many looks in a row sums have been as they are. */
class Rest {
  private readonly seen = new Map<string, { readonly state: string; readonly looks: number }>();

  /**
   * Notes a look at a sum.
   *
   * @param state what must not have moved since the look before
   * @param uncounted minutes with changes that were left to count: their sums are not at rest
   * @returns looks in a row that found what the one before them had found
   */
  note(one: WrongSum, state: string, uncounted: ReadonlySet<string>): number {
    const before = this.seen.get(nameOf(one));
    const moved = before?.state !== state || uncounted.has(one.group[0]!);
    const looks = moved ? 0 : before.looks + 1;
    this.seen.set(nameOf(one), { state, looks });
    return looks;
  }
}

/** What a differing sum was, look by look. */
interface Trail {
  /** What its rows were at all looks. */
  readonly rows: Sums[];
  /** Looks in a row at which nothing had moved, nor was left to count. */
  atRest: number;
  /** Looks in a row at which the sums were none that the rows have been. */
  outside: number;
}

/** The trails of all sums that differ. */
class Trails {
  private readonly rest = new Rest();
  private readonly trails = new Map<string, Trail>();

  /** Notes a look. @param uncounted minutes with changes that were left to count */
  add(differing: readonly Differing[], uncounted: ReadonlySet<string>): void {
    for (const one of differing) {
      const trail = this.trails.get(nameOf(one)) ?? { rows: [], atRest: 0, outside: 0 };
      this.trails.set(nameOf(one), trail);
      trail.atRest = this.rest.note(one, one.excess.join(), uncounted);
      trail.rows.push(one.sides.rows);
      trail.outside = isOutside(one.sides.sums, trail.rows) ? trail.outside + 1 : 0;
    }
  }

  isAtRest(one: WrongSum): boolean {
    return (this.trails.get(nameOf(one))?.atRest ?? 0) >= looksAtRest;
  }

  isOutside(one: WrongSum): boolean {
    return (this.trails.get(nameOf(one))?.outside ?? 0) >= looksAtRest;
  }
}

/** Those minutes of wrong sums that have changes which still have to be counted. */
async function uncountedMinutes(warehouse: Warehouse, wrong: readonly WrongSum[]): Promise<Set<string>> {
  const minutes = minutesOf(wrong);
  if (minutes.length === 0) return new Set();
  const uncounted = await warehouse.select(
    `SELECT toString(minute) FROM order_changes WHERE minute IN (${minutes.map(timeOf).join()})
     GROUP BY minute HAVING sum(changes) != 0`,
  );
  return new Set(uncounted.map(([minute]) => minute!));
}

/** The minutes of wrong sums, each once, as far as the warehouse has a place for them. Pure. */
function minutesOf(wrong: readonly WrongSum[]): string[] {
  const placed = wrong.filter((one) => one.view === sumsTable && hasPlace(one));
  return [...new Set(placed.map(({ group }) => group[0]!))];
}

/** Years that the warehouse has, the first and the one behind the last. */
const years = [1900, 2300] as const;

/** Whether the warehouse has a place for a sum's minute: the source has months without a number, and more years. Pure. */
function hasPlace({ group: [minute] }: WrongSum): boolean {
  const iso = `${minute!.replace(" ", "T")}.000Z`;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) return false;
  return time.getUTCFullYear() >= years[0] && time.getUTCFullYear() < years[1];
}

function timeOf(minute: string): string {
  return `toDateTime64('${minute}', 0, 'UTC')`;
}

/** What was wrong before and is wrong now, as it is now. Pure. */
export function stillWrong<T extends WrongSum>(before: readonly WrongSum[], now: readonly T[]): T[] {
  const known = new Set(before.map(nameOf));
  return now.filter((one) => known.has(nameOf(one)));
}

function nameOf({ view, group }: WrongSum): string {
  return JSON.stringify([view, group]);
}

/** Ranges of minutes, the first and the last of each, each with a number of orders that can be grouped in memory. */
async function minuteRanges(warehouse: Warehouse): Promise<[string, string][]> {
  const rows = await warehouse.select(
    `SELECT min(minute), max(minute) FROM
       (SELECT minute, intDiv(sum(orders) OVER (ORDER BY minute), ${ordersAtOnce}) AS part FROM
         (SELECT minute, sum(orders) AS orders FROM
           (SELECT minute, toInt64(orders) AS orders FROM orders_per_minute
            UNION ALL SELECT DISTINCT ${minuteInSums}, 0 FROM orders_rows)
          GROUP BY minute))
     GROUP BY part ORDER BY part`,
  );
  return rows.map(([from, to]) => [from!, to!]);
}

/** Groups of the sums that differ from their rows, counted in one query. */
async function differingGroups(warehouse: Warehouse, minutes: string): Promise<Differing[]> {
  const rows = await warehouse.select(
    `SELECT toString(minute), status, product_name,
       sumIf(o, summed) AS os, sumIf(q, summed) AS qs, toString(sumIf(r, summed) AS rs),
       sumIf(o, NOT summed) AS oo, sumIf(q, NOT summed) AS qo, toString(sumIf(r, NOT summed) AS ro)
     FROM
       (SELECT minute, status, product_name, orders AS o, quantity AS q, revenue AS r, true AS summed
        FROM order_sums WHERE minute ${minutes}
        UNION ALL
        SELECT ${minuteInSums} AS minute, status, product_name, 1, toInt64(quantity), toDecimal128(total_price, 2), false
        FROM orders_rows FINAL WHERE ${minuteOf} ${minutes})
     GROUP BY minute, status, product_name
     HAVING os != oo OR qs != qo OR rs != ro`,
  );
  const half = (from: number) =>
    sumsByGroup(rows.map((row) => [...row.slice(0, 3), ...row.slice(from, from + 3)]));
  const [summed, counted] = [half(3), half(6)];
  return differingSums(sumsTable, counted, summed).map(({ view, group, excess }) => {
    const name = JSON.stringify(group);
    return { view, group, excess, sides: { sums: summed.get(name)!, rows: counted.get(name)! } };
  });
}

/** Views that do not show their sums. Each has its own columns of them. */
const views = [
  { view: "orders_per_minute", group: "toString(minute)", sums: ["orders", "revenue"] },
  { view: "orders_by_status", group: "status", sums: ["orders", "revenue"] },
  { view: "orders_by_product", group: "product_name", sums: ["orders", "quantity", "revenue"] },
  { view: "order_totals", group: "''", sums: ["orders", "revenue"] },
] as const;

/**
 * The views are read as people read them, from projections; the sums beside them from the rows. No projection has
 * `counted`, and a setting of ClickHouse that says so would hold for the whole query.
 */
async function differingViews(warehouse: Warehouse): Promise<WrongSum[]> {
  const wrong: WrongSum[] = [];
  for (const { view, group, sums } of views) {
    const cast = (sum: string) => `toDecimal128(${sum}, 2)`;
    const summed = sums.map((sum) => `-${cast(`sum(${sum})`)}`).join(", ");
    const columns = sums.map((sum) => `toString(sum(${sum}_)) AS ${sum}__`).join(", ");
    const rows = await warehouse.select(
      `SELECT g, ${columns} FROM
         (SELECT ${group} AS g, ${sums.map((sum) => `${cast(sum)} AS ${sum}_`).join(", ")} FROM ${view}
          UNION ALL
          SELECT ${group} AS g, ${summed} FROM order_sums WHERE NOT ignore(counted) GROUP BY g)
       GROUP BY g HAVING ${sums.map((sum) => `sum(${sum}_) != 0`).join(" OR ")}`,
    );
    wrong.push(
      ...rows.map(([name, ...excess]) => ({ view, group: [name ?? ""], excess: excess.map(String) })),
    );
  }
  return wrong;
}

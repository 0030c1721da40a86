import { setTimeout as sleep } from "node:timers/promises";
import type { Warehouse } from "./warehouse";

/** A sum that is not what its rows say. */
export interface WrongSum {
  readonly view: string;
  /** What it is the sum of, e.g. minute, status and product. */
  readonly group: readonly string[];
  /** What is too much in the sums, negative for what is missing: orders, pieces, revenue. */
  readonly excess: readonly string[];
}

/** Between two looks at sums that do not agree yet; milliseconds. */
const pause = 250;

/** How long sums may take to agree with their rows; milliseconds. They follow within seconds, also under load. */
const patience = 60_000;

/** Looks in a row at which nothing may have moved, nor be left to count, before what is wrong is called that. */
const looksAtRest = 8;

/** Minutes whose orders one query adds up at a time. */
const ordersAtOnce = 500_000;

/** Where the sums are, by minute, status and product. */
const sumsTable = "order_sums";

const minuteOf = "toStartOfMinute(toStartOfSecond(created_at))";

/**
 * Compares the analytics with the orders they are made of, which verify has compared with the source.
 *
 * Under live writes the sums follow the rows by a second. So each group (minute, status, product) that does not agree is
 * looked at again until it has agreed once; only what persists is returned.
 */
export async function verifyAnalytics(warehouse: Warehouse, signal: AbortSignal): Promise<WrongSum[]> {
  const wrong: WrongSum[] = [];
  for (const [from, to] of await minuteRanges(warehouse)) {
    wrong.push(
      ...(await persisting(warehouse, signal, () => differingGroups(warehouse, `BETWEEN ${from} AND ${to}`))),
    );
  }
  wrong.push(...(await persisting(warehouse, signal, () => differingViews(warehouse))));
  return wrong;
}

/** The statement that has the minutes of wrong sums counted anew; undefined if none is wrong. Pure. */
export function recount(wrong: readonly WrongSum[]): string | undefined {
  const minutes = minutesOf(wrong);
  if (minutes.length === 0) return undefined;
  const rows = minutes.map((minute) => `(${timeOf(minute)}, 1)`);
  return `INSERT INTO order_changes (minute, changes) VALUES ${rows.join()}`;
}

/** Looks until what differed at first has been right once, or is counted and stays wrong. */
async function persisting(
  warehouse: Warehouse,
  signal: AbortSignal,
  look: () => Promise<WrongSum[]>,
): Promise<WrongSum[]> {
  const deadline = Date.now() + patience;
  let wrong = await look();
  let unmoved = 0;
  while (wrong.length > 0 && unmoved < looksAtRest && Date.now() < deadline) {
    const counted = await allCounted(warehouse, wrong);
    await sleep(pause, undefined, { signal });
    const before = wrong;
    wrong = stillWrong(before, await look());
    unmoved = counted && JSON.stringify(before) === JSON.stringify(wrong) ? unmoved + 1 : 0;
  }
  return wrong;
}

/** Whether the minutes of wrong sums have no change that still has to be counted. */
async function allCounted(warehouse: Warehouse, wrong: readonly WrongSum[]): Promise<boolean> {
  const minutes = minutesOf(wrong);
  if (minutes.length === 0) return true;
  const uncounted = await warehouse.select(
    `SELECT minute FROM order_changes WHERE minute IN (${minutes.map(timeOf).join()})
     GROUP BY minute HAVING sum(changes) != 0 LIMIT 1`,
  );
  return uncounted.length === 0;
}

/** The minutes of wrong sums, each once. Pure. */
function minutesOf(wrong: readonly WrongSum[]): string[] {
  return [...new Set(wrong.filter(({ view }) => view === sumsTable).map(({ group }) => group[0]!))];
}

function timeOf(minute: string): string {
  return `toDateTime64('${minute}', 0, 'UTC')`;
}

/** What was wrong before and is wrong now, as it is now. Pure. */
export function stillWrong(before: readonly WrongSum[], now: readonly WrongSum[]): WrongSum[] {
  const name = ({ view, group }: WrongSum) => JSON.stringify([view, group]);
  const known = new Set(before.map(name));
  return now.filter((one) => known.has(name(one)));
}

/** Ranges of minutes, as SQL, each with a number of orders that can be grouped in memory. */
async function minuteRanges(warehouse: Warehouse): Promise<[string, string][]> {
  const rows = await warehouse.select(
    `SELECT min(minute), max(minute) FROM
       (SELECT minute, intDiv(sum(orders) OVER (ORDER BY minute), ${ordersAtOnce}) AS part FROM
         (SELECT minute, sum(orders) AS orders FROM
           (SELECT minute, toInt64(orders) AS orders FROM orders_per_minute
            UNION ALL SELECT DISTINCT ${minuteOf}, 0 FROM orders_rows)
          GROUP BY minute))
     GROUP BY part ORDER BY part`,
  );
  return rows.map(([from, to]) => [timeOf(from!), timeOf(to!)]);
}

/** Groups of the sums that differ from their rows: the rows counted once, the sums taken off. */
async function differingGroups(warehouse: Warehouse, minutes: string): Promise<WrongSum[]> {
  const rows = await warehouse.select(
    `SELECT toString(minute), status, product_name, sum(o), sum(q), toString(sum(r)) FROM
       (SELECT minute, status, product_name, orders AS o, quantity AS q, revenue AS r
        FROM order_sums WHERE minute ${minutes}
        UNION ALL
        SELECT ${minuteOf} AS minute, status, product_name, -1, -toInt64(quantity), -toDecimal128(total_price, 2)
        FROM orders_rows FINAL WHERE minute ${minutes})
     GROUP BY minute, status, product_name
     HAVING sum(o) != 0 OR sum(q) != 0 OR sum(r) != 0`,
  );
  return rows.map((row) => ({
    view: sumsTable,
    group: row.slice(0, 3).map(String),
    excess: row.slice(3).map(String),
  }));
}

/** Views that do not show their sums. Each has its own columns of them. */
const views = [
  { view: "orders_per_minute", group: "toString(minute)", sums: ["orders", "revenue"] },
  { view: "orders_by_status", group: "status", sums: ["orders", "revenue"] },
  { view: "orders_by_product", group: "product_name", sums: ["orders", "quantity", "revenue"] },
  { view: "order_totals", group: "''", sums: ["orders", "revenue"] },
] as const;

async function differingViews(warehouse: Warehouse): Promise<WrongSum[]> {
  const wrong: WrongSum[] = [];
  for (const { view, group, sums } of views) {
    const cast = (sum: string) => `toDecimal128(${sum}, 2)`;
    const columns = sums.map((sum) => `toString(sum(${sum}_)) AS ${sum}__`).join(", ");
    const rows = await warehouse.select(
      `SELECT g, ${columns} FROM
         (SELECT ${group} AS g, ${sums.map((sum) => `${cast(sum)} AS ${sum}_`).join(", ")} FROM ${view}
          UNION ALL
          SELECT ${group} AS g, ${sums.map((sum) => `-${cast(`sum(${sum})`)}`).join(", ")} FROM order_sums GROUP BY g)
       GROUP BY g HAVING ${sums.map((sum) => `sum(${sum}_) != 0`).join(" OR ")}`,
    );
    wrong.push(
      ...rows.map(([name, ...excess]) => ({ view, group: [name ?? ""], excess: excess.map(String) })),
    );
  }
  return wrong;
}

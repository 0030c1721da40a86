import type { WrongSum } from "./analytics";

/** Orders, pieces and revenue of a group; the revenue in hundredths. */
export type Sums = readonly [orders: bigint, pieces: bigint, cents: bigint];

const nothing: Sums = [0n, 0n, 0n];

/** Groups by minute, status and product, from rows of those and their three sums. Pure. */
export function sumsByGroup(rows: readonly (readonly (string | null)[])[]): Map<string, Sums> {
  return new Map(
    rows.map(([minute, status, product, orders, pieces, revenue]) => [
      JSON.stringify([minute, status, product]),
      [BigInt(orders ?? 0), BigInt(pieces ?? 0), cents(revenue ?? "0")],
    ]),
  );
}

/**
 * The groups that are not the same on both sides, with what the warehouse has too much. Pure.
 *
 * @returns `seen` tells whether either side has moved between two comparisons
 */
export function differingSums(
  view: string,
  source: ReadonlyMap<string, Sums>,
  warehouse: ReadonlyMap<string, Sums>,
): (WrongSum & { seen: string })[] {
  const groups = new Set([...source.keys(), ...warehouse.keys()]);
  return [...groups].flatMap((group) => {
    const [ours, theirs] = [source.get(group) ?? nothing, warehouse.get(group) ?? nothing];
    const excess = theirs.map((sum, i) => sum - ours[i]!);
    if (excess.every((one) => one === 0n)) return [];
    return {
      view,
      group: JSON.parse(group) as string[],
      excess: [String(excess[0]), String(excess[1]), decimal(excess[2]!)],
      seen: [...ours, ...theirs].join(),
    };
  });
}

/**
 * Whether sums are none that rows can have had between the looks that found them as they are given: in some part above
 * or below all of them. Pure.
 */
export function isOutside(sums: Sums, rows: readonly Sums[]): boolean {
  return sums.some(
    (sum, i) => rows.every((counted) => counted[i]! < sum) || rows.every((counted) => counted[i]! > sum),
  );
}

/** `-12.3` → -1230 */
function cents(text: string): bigint {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d{1,2})0*)?$/.exec(text) ?? [];
  if (whole === undefined) throw new Error(`${text} is no sum of prices`);
  const value = BigInt(whole) * 100n + BigInt(part.padEnd(2, "0"));
  return sign ? -value : value;
}

/** -1230 → `-12.3`, as ClickHouse writes it */
function decimal(value: bigint): string {
  const size = value < 0n ? -value : value;
  const text = `${size / 100n}.${String(size % 100n).padStart(2, "0")}`.replace(/\.?0+$/, "");
  return value < 0n ? `-${text}` : text;
}

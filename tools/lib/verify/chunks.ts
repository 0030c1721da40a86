/** Keys from `from` to `to`, both included. */
export interface KeyRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** A count and a sum over the rows of a chunk. */
export interface Sum {
  readonly rows: number;
  /** 64 hexadecimal digits, see `sumInSource`. */
  readonly hash: string;
}

/** Signed and unsigned 64 bits: every key lies between. */
export const everyKey: KeyRange = { from: -(2n ** 63n), to: 2n ** 64n - 1n };

export const emptySum: Sum = { rows: 0, hash: "0".repeat(64) };

/** How many keys a chunk of the range spans, so that there are at most `pieces`. Pure. */
export function widthOf({ from, to }: KeyRange, pieces: number): bigint {
  const keys = to - from + 1n;
  const width = (keys + BigInt(pieces) - 1n) / BigInt(pieces);
  return width < 1n ? 1n : width;
}

/** A range in chunks of equal width; the last may be narrower. Pure. */
export function chunksOf(range: KeyRange, width: bigint): KeyRange[] {
  const chunks: KeyRange[] = [];
  for (let from = range.from; from <= range.to; from += width) {
    const to = from + width - 1n;
    chunks.push({ from, to: to < range.to ? to : range.to });
  }
  return chunks;
}

/** The sum of two sets of rows that have no row in common. Pure. */
export function together(one: Sum, other: Sum): Sum {
  return { rows: one.rows + other.rows, hash: combined(one.hash, other.hash) };
}

/** A sum without some of its rows, which are given as a sum. Pure. */
export function without(sum: Sum, some: Sum): Sum {
  return { rows: sum.rows - some.rows, hash: combined(sum.hash, some.hash) };
}

/** Exclusive or: it takes away what it has added. */
function combined(one: string, other: string): string {
  return (BigInt(`0x${one}`) ^ BigInt(`0x${other}`)).toString(16).toUpperCase().padStart(64, "0");
}

/** Whether two sums stand for the same rows. Pure. */
export function sameSum(one: Sum, other: Sum): boolean {
  return one.rows === other.rows && one.hash === other.hash;
}

/** Keys that have not the same hashes on both sides. Pure. */
export function differingKeys(
  source: ReadonlyMap<bigint, readonly string[]>,
  warehouse: ReadonlyMap<bigint, readonly string[]>,
): bigint[] {
  const keys = new Set([...source.keys(), ...warehouse.keys()]);
  const text = (hashes: readonly string[] = []) => hashes.toSorted().join();
  return [...keys].filter((key) => text(source.get(key)) !== text(warehouse.get(key)));
}

/** A list in parts of at most `size`. Pure. */
export function inParts<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

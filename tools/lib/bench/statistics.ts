/** How a set of times spreads, in the unit of the times. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The percentiles of times, by nearest rank: each is a time that was seen. Pure.
 *
 * @throws RangeError if there are none
 */
export function spreadOf(times: readonly number[]): Spread {
  if (times.length === 0) throw new RangeError("no times, no percentiles");
  const sorted = [...times].sort((one, other) => one - other);
  const percentile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return {
    count: sorted.length,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    max: sorted.at(-1)!,
  };
}

/** `359 / 598 / 614 / 702`: p50, p95, p99 and the largest, whole. Pure. */
export function formatSpread({ p50, p95, p99, max }: Spread): string {
  return [p50, p95, p99, max].map((time) => time.toFixed(0)).join(" / ");
}

/** A table as Markdown has it. Pure. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

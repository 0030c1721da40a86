/** Quantities as people write them, with the one converter each of them needs. */

/** A size of memory or disk: a whole number and its unit, e.g. `"512 MB"`. 1 MB = 1024 KB, as Docker counts. */
export type Size = `${number} ${"MB" | "GB"}`;

/** A span of time: a whole number and its unit, e.g. `"7 days"`, `"500 ms"`. */
export type Duration =
  `${number} ${"ms" | "second" | "seconds" | "minute" | "minutes" | "hour" | "hours" | "day" | "days"}`;

const megabytesPer = { MB: 1, GB: 1024 } as const;

const millisecondsPer = {
  ms: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
} as const;

/**
 * @returns the size in MB
 * @throws Error naming the value, if it is not a whole positive number of MB or GB
 */
export function toMegabytes(size: string): number {
  const match = /^([1-9]\d*) (MB|GB)$/.exec(size);
  if (!match) throw new Error(`"${size}" is not a size: write a whole number and MB or GB, like "512 MB"`);
  return Number(match[1]) * megabytesPer[match[2] as keyof typeof megabytesPer];
}

/**
 * @returns the span in milliseconds
 * @throws Error naming the value, if it is not a whole positive number of a known unit
 */
export function toMilliseconds(duration: string): number {
  const match = /^([1-9]\d*) (ms|second|minute|hour|day)s?$/.exec(duration);
  if (!match || duration.endsWith("mss")) {
    throw new Error(
      `"${duration}" is not a span of time: write a whole number and ms, seconds, minutes, hours or days, like "7 days"`,
    );
  }
  return Number(match[1]) * millisecondsPer[match[2] as keyof typeof millisecondsPer];
}

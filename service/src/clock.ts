/** The wall clock in microseconds, which Node does not offer: its milliseconds, refined by the monotonic clock. */
export class MicrosecondClock {
  private offset = 0;

  constructor(
    /** Wall clock, whole milliseconds. */
    private readonly wall: () => number = Date.now,
    /** Monotonic clock, milliseconds with a fraction. */
    private readonly monotonic: () => number = () => performance.now(),
  ) {}

  /** @returns whole microseconds since 1970, never off the wall clock's millisecond */
  now(): number {
    const from = this.wall() * 1000;
    const monotonic = Math.round(this.monotonic() * 1000);
    const refined = monotonic + this.offset;
    if (refined >= from && refined < from + 1000) return refined;
    this.offset = (refined < from ? from : from + 999) - monotonic;
    return monotonic + this.offset;
  }
}

/** Microseconds since 1970 as ISO-8601 in UTC: `2025-01-11T10:30:00.123456Z`. */
export function toIso(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = String(microseconds - milliseconds * 1000).padStart(3, "0");
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

/** MySQL's `2025-01-11 10:30:00.123456`, which is UTC, as ISO-8601. */
export function fromSqlTime(text: string): string {
  return `${text.replace(" ", "T")}Z`;
}

/** ISO-8601 in UTC as MySQL writes it. */
export function toSqlTime(iso: string): string {
  return iso.replace("T", " ").replace("Z", "");
}

import type { Row } from "./columns";

/** Where a consistent read of the source stands: it holds every change up to `from`, and none from `to` on. */
export interface Bracket {
  /** The version of the newest heartbeat in the read, and of the one after it. */
  readonly from: bigint;
  readonly to: bigint;
}

/** A row as the warehouse shows it. */
export interface WarehouseRow {
  readonly version: bigint;
  readonly row: Row;
  /** Some of its bytes are no text, so they stand in `row` as something else. It equals nothing that MySQL can have. */
  readonly garbled?: boolean;
}

/** One key on both sides, the warehouse read after it had reached the bracket's end. */
export interface Sighting {
  readonly source: Row | undefined;
  /** What the warehouse shows under the key: normally one row or none. */
  readonly shown: readonly WarehouseRow[];
  /** The newest version of the key in the warehouse, be it a row or a tombstone. */
  readonly newest: bigint | undefined;
  /** Whether `newest` was the same before `shown` was read as after: only then do the two belong together. */
  readonly still: boolean;
  /** The version of whatever came next into the source's binlog, asked after all of the above. */
  readonly next: bigint;
}

export type Verdict =
  | "equal"
  | "differs"
  /** Changed after the source was read: look again. */
  | "overtaken"
  /** A version that no change can have had: it would hide all that follows. */
  | "from nowhere";

/**
 * Compares one key. Pure.
 *
 * Up to `from` the source's read holds everything, so a row whose newest version is not above it has not changed since,
 * and must be the same. A version above it tells that a later change came in between; except one for which the binlog has
 * no place yet.
 */
export function judge(bracket: Bracket, { source, shown, newest, next }: Sighting): Verdict {
  if (newest !== undefined && newest > bracket.from) return newest > next ? "from nowhere" : "overtaken";
  return isShown(source, shown) ? "equal" : "differs";
}

/** A change of one key, as it is in the topic. */
export interface TopicChange {
  /** The version of the row that it leaves; of a delete, of the tombstone. */
  readonly version: bigint;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/**
 * Compares a key that changes too often to be caught at rest, by all its changes in the topic above `from`. Pure.
 *
 * The source's row must be one of the states that the key went through in the bracket, and the warehouse must show
 * what the topic says of the very version it shows, which must be the newest up to the bracket's end or a later one.
 * A change that arrived while the warehouse was read tells nothing: what is shown may be the state before it.
 */
export function judgeByTrail(
  bracket: Bracket,
  { source, shown, newest, still }: Sighting,
  trail: readonly TopicChange[],
): "equal" | "differs" | "unknown" {
  if (!still) return "unknown";
  const changes = trail
    .filter(({ version }) => version > bracket.from)
    .sort((one, other) => (one.version < other.version ? -1 : 1));
  const [first] = changes;
  const shownChange = changes.find(({ version }) => version === newest);
  if (!first || !shownChange) return "unknown";
  const inBracket = changes.filter(({ version }) => version < bracket.to);
  const states = [first.before, ...inBracket.map(({ after }) => after)];
  const known = states.some((state) => sameState(state, source));
  const current = inBracket.every(({ version }) => version <= shownChange.version);
  return known && current && isShown(shownChange.after, shown) ? "equal" : "differs";
}

/** Whether a row is what is shown under its key, once and nothing else. */
function isShown(wanted: Row | undefined, shown: readonly WarehouseRow[]): boolean {
  const [only, ...more] = shown;
  if (!wanted || !only) return wanted === only;
  return more.length === 0 && !only.garbled && sameRow(only.row, wanted);
}

function sameState(one: Row | undefined, other: Row | undefined): boolean {
  return one && other ? sameRow(one, other) : one === other;
}

/** Whether two rows are equal in every column. Pure. */
export function sameRow(one: Row, other: Row): boolean {
  return one.length === other.length && one.every((cell, i) => cell === other[i]);
}

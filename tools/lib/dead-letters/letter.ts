import { formatTable } from "../text";

/** A record of a topic, as far as letters need it. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

/** A change that the warehouse did not take, as the sync job keeps it in `<topic>-dlq`. */
export interface Letter {
  /** Where the change stood: `topic/partition/offset`. Names the letter, for a restart may write one twice. */
  readonly id: string;
  /** The topic of dead letters it lies in. */
  readonly box: string;
  /** The topic the change came from … */
  readonly topic: string;
  /** … and its partition there. */
  readonly partition: number;
  /** When the change was written to its topic. Milliseconds since 1970. */
  readonly time: number;
  /** Why the warehouse did not take it. */
  readonly reason: string;
  /** Key and value as they were, byte for byte. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What can be done with a letter. */
export type Settlement = "replay" | "dismiss";

/** The header of the mark that is left behind a letter, in the same topic, when that is done: the letter's id. */
export const markHeaders: Readonly<Record<Settlement, string>> = { replay: "replayed", dismiss: "dismissed" };

/** The letters with which nobody has done anything, oldest first. Pure. @param records all of the boxes' records, in order */
export function openLetters(records: readonly TopicRecord[]): Letter[] {
  const open = new Map<string, Letter>();
  for (const record of records) {
    const settled = textOf(record, markHeaders.replay) ?? textOf(record, markHeaders.dismiss);
    if (settled !== undefined) open.delete(settled);
    const letter = settled === undefined ? parseLetter(record) : undefined;
    if (letter) open.set(letter.id, letter);
  }
  return [...open.values()].sort((one, other) => one.time - other.time);
}

/** Pure. @throws Error where a record is no letter of the sync job's */
export function parseLetter(record: TopicRecord): Letter {
  const [topic, partition, offset] = ["topic", "partition", "offset"].map((name) => textOf(record, name));
  if (topic === undefined || partition === undefined || offset === undefined)
    throw new Error(
      `${record.topic}/${record.partition}/${record.offset} is no dead letter of the sync job: it does not say where it comes from`,
    );
  return {
    id: `${topic}/${partition}/${offset}`,
    box: record.topic,
    topic,
    partition: Number(partition),
    time: Number(textOf(record, "timestamp") ?? 0),
    reason: textOf(record, "reason") ?? "",
    key: record.key,
    value: record.value,
  };
}

function textOf({ headers }: TopicRecord, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.toString();
}

/**
 * The letters with these ids. Pure.
 *
 * @throws Error naming the ids that no open letter has
 */
export function chooseLetters(letters: readonly Letter[], ids: readonly string[]): Letter[] {
  const unknown = ids.filter((id) => !letters.some((letter) => letter.id === id));
  if (unknown.length > 0) throw new Error(`no open dead letter is called ${unknown.join(", ")}`);
  return letters.filter(({ id }) => ids.includes(id));
}

/** One line a letter. Pure. @param width characters that a key or reason may take */
export function describeLetters(letters: readonly Letter[], width = 100): string {
  const rows = letters.map(({ time, id, key, reason }) => [
    new Date(time).toISOString(),
    id,
    shorten(key?.toString() ?? "no key", width),
    shorten(reason, width),
  ]);
  return formatTable([["written", "letter", "key", "reason"], ...rows]);
}

function shorten(text: string, width: number): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

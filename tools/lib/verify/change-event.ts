import { z } from "zod";
import type { Column, Row } from "./columns";
import type { TopicChange } from "./judge";
import { keyCells, type Key } from "./keys";
import { binlogFileOf, fileNumberOf, placeOf, versionOf } from "./place";

/** A record for a table's topic. */
export interface TopicRecord {
  readonly key: string;
  readonly value: string;
}

/** What a repair's event has to say beside its row. */
export interface EventOrigin {
  readonly database: string;
  readonly table: string;
  readonly key: Key;
  readonly columns: readonly Column[];
  /** The version of a heartbeat: the event's place is its place. */
  readonly place: bigint;
  /** Any file of the binlog, for the form of its name. */
  readonly binlogFile: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The row as the source has it, as a change event such as capture's snapshot writes. Pure. */
export function rowEvent(origin: EventOrigin, row: Row): TopicRecord {
  return event(origin, row, "r", `null,"after":${objectOf(origin.columns, row)}`);
}

/** A row that the source does not have, as the change event of its deletion. Pure. */
export function deletionEvent(origin: EventOrigin, row: Row): TopicRecord {
  return event(origin, row, "d", `${objectOf(origin.columns, row)},"after":null`);
}

function event(origin: EventOrigin, row: Row, op: "r" | "d", images: string): TopicRecord {
  const { database, table, key, columns, place, binlogFile, now } = origin;
  const { epoch, fileNumber, pos, row: index } = placeOf(place);
  const source = JSON.stringify({
    epoch,
    db: database,
    table,
    ts_ms: now,
    file: binlogFileOf(binlogFile, fileNumber),
    pos,
    row: index,
  });
  return {
    // As capture writes it: a record with another key might go to another partition.
    key: objectOf(key.columns, keyCells(key, columns, row)),
    value: `{"before":${images},"op":"${op}","ts_ms":${now},"source":${source}}`,
  };
}

/** The number of a record's key, `{"order_id":1}`; undefined if it is none. Pure. */
export function numberInRecord(key: Key, record: Buffer): bigint | undefined {
  try {
    const values = keySchema.parse(JSON.parse(withTextNumbers(record.toString())));
    return key.numberOf(key.columns.map(({ name, fromEvent }) => fromEvent(String(values[name]))));
  } catch {
    return undefined;
  }
}

function objectOf(columns: readonly Column[], row: Row): string {
  const cells = columns.map(({ name, toEvent }, i) => {
    const cell = row[i] ?? null;
    return `${JSON.stringify(name)}:${cell === null ? "null" : toEvent(cell)}`;
  });
  return `{${cells.join()}}`;
}

const keySchema = z.record(z.string(), z.union([z.string(), z.boolean()]));
const imageSchema = z.record(z.string(), z.union([z.string(), z.null(), z.boolean()])).nullish();
const changeSchema = z.looseObject({
  before: imageSchema,
  after: imageSchema,
  op: z.enum(["c", "u", "d", "r"]),
  source: z.looseObject({
    epoch: z.string().default("0"),
    file: z.string(),
    pos: z.string(),
    row: z.string(),
  }),
});

/** Numbers become strings, so that no digit of a large one is lost. Pure. */
function withTextNumbers(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

/** The change in a record; undefined if it is none: sync makes a dead letter of such a record. Pure. */
export function changeIn(value: Buffer | null, columns: readonly Column[]): TopicChange | undefined {
  try {
    return value ? readChange(value.toString(), columns) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A change as a table's topic has it. Pure.
 *
 * @throws Error if it is not a change event
 */
export function readChange(value: string, columns: readonly Column[]): TopicChange {
  const { before, after, op, source } = changeSchema.parse(JSON.parse(withTextNumbers(value)));
  const place = {
    epoch: Number(source.epoch),
    fileNumber: fileNumberOf(source.file),
    pos: Number(source.pos),
    row: Number(source.row),
  };
  const rowOf = (image: z.infer<typeof imageSchema>): Row | undefined =>
    image
      ? columns.map(({ name, fromEvent }) => {
          const cell = image[name] ?? null;
          return cell === null ? null : fromEvent(String(cell));
        })
      : undefined;
  return {
    version: versionOf(place, op === "d" ? "before" : "after"),
    before: rowOf(before),
    after: rowOf(after),
  };
}

import type { Kafka, Producer } from "kafkajs";
import { topicOf } from "../../../components/tables";
import { Problem, messageOf } from "../problem";
import { deletionEvent, rowEvent, type EventOrigin, type TopicRecord } from "./change-event";
import type { Row } from "./columns";
import { Snapshot, type VerifiedTable } from "./source";
import { locate, type Difference, type Found, type Pipeline } from "./table";

/** What a repair's events have in common. */
export interface RepairOrigin {
  readonly database: string;
  /** Any file of the binlog, for the form of its name. */
  readonly binlogFile: string;
}

/**
 * The change events that make the warehouse right about one key. Pure.
 *
 * Their place is that of the newest heartbeat that the source's read holds: above all that the read holds, below all that
 * comes later. A row that the warehouse keeps in another partition, or that the source does not have, gets a tombstone
 * with its own values.
 */
export function repairEvents(
  origin: EventOrigin,
  partitionColumn: string | undefined,
  difference: Difference,
): TopicRecord[] {
  const { source, warehouse } = difference;
  const index = origin.columns.findIndex(({ name }) => name === partitionColumn);
  const replaced = (row: Row) => source !== undefined && (index < 0 || row[index] === source[index]);
  const deletions = warehouse
    .filter(({ row }) => !replaced(row))
    .map(({ row }) => deletionEvent(origin, row));
  return source ? [...deletions, rowEvent(origin, source)] : deletions;
}

/** Writes change events to the topics, as capture does. It never writes to the source. */
export class Repairer {
  private constructor(
    private readonly producer: Producer,
    private readonly origin: RepairOrigin,
  ) {}

  /** Connects to Kafka. The caller closes it. */
  static async open(kafka: Kafka, origin: RepairOrigin): Promise<Repairer> {
    // Kafka's own partitioner over the record's key, like capture's: a row's changes stay in one partition.
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect().catch((error: unknown) => {
      throw new Problem(`Kafka takes no repairs: ${messageOf(error)}`, "`make status` tells how Kafka is.");
    });
    return new Repairer(producer, origin);
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  /** Repairs what was found in one bracket. A version from nowhere beats every repair, so it has to be gone by now. */
  async repair(table: VerifiedTable, { bracket, differences }: Found): Promise<void> {
    const origin = this.originOf(table, bracket.from);
    await this.send(
      table,
      differences.flatMap((difference) => repairEvents(origin, table.spec.partitionBy?.column, difference)),
    );
  }

  /** Writes rows as the source has them at a place. */
  async write(table: VerifiedTable, place: bigint, rows: readonly Row[]): Promise<void> {
    const origin = this.originOf(table, place);
    await this.send(
      table,
      rows.map((row) => rowEvent(origin, row)),
    );
  }

  private originOf({ spec, key, columns }: VerifiedTable, place: bigint): EventOrigin {
    return { ...this.origin, table: spec.table, key, columns, place, now: Date.now() };
  }

  private async send({ spec }: VerifiedTable, messages: readonly TopicRecord[]): Promise<void> {
    for (const batch of inBatches(messages)) {
      await this.producer.send({ topic: topicOf(spec), acks: -1, messages: batch });
    }
  }
}

/** What one request may hold. All of it may be for one partition, of which Kafka takes a megabyte at once. */
const batchBytes = 512 * 1024;

/** Messages in their order, in batches that Kafka takes. One that is larger than a batch is one by itself. Pure. */
export function inBatches(messages: readonly TopicRecord[]): TopicRecord[][] {
  const batches: TopicRecord[][] = [];
  let room = 0;
  for (const message of messages) {
    const bytes = Buffer.byteLength(message.key) + Buffer.byteLength(message.value);
    const last = batches.at(-1);
    if (last && bytes <= room) {
      last.push(message);
      room -= bytes;
    } else {
      batches.push([message]);
      room = batchBytes - bytes;
    }
  }
  return batches;
}

/** Rows of one read of the source; a longer one would keep MySQL from cleaning up behind it. */
const rowsPerSnapshot = 200_000;

/** Rows that are read and written at once; more where each read costs a look at the whole table. */
const rowsAtOnce = { ordered: 2_000, hashed: 50_000 };

/**
 * Writes every row of a table to its topic again, each with the place at which it was read, while everything goes on.
 * What the source does not have any more is left for verify to remove.
 *
 * @param onProgress is told how many rows are written
 * @returns how many there were
 */
export async function rewriteTable(
  pipeline: Pipeline,
  table: VerifiedTable,
  repairer: Repairer,
  onProgress: (rows: number) => void,
): Promise<number> {
  let written = 0;
  let next: bigint | undefined;
  do {
    const snapshot = await Snapshot.open(pipeline.source, pipeline.signal);
    try {
      next = await rewritePart(pipeline, table, repairer, snapshot, next, (rows) =>
        onProgress((written += rows)),
      );
    } finally {
      snapshot.close();
    }
  } while (next !== undefined);
  return written;
}

/** @returns the key to go on from, if there is more */
async function rewritePart(
  pipeline: Pipeline,
  table: VerifiedTable,
  repairer: Repairer,
  snapshot: Snapshot,
  begin: bigint | undefined,
  onRows: (rows: number) => void,
): Promise<bigint | undefined> {
  const bounds = await snapshot.bounds(table);
  if (!bounds) return undefined;
  const { from: place } = await locate(pipeline, snapshot.beat);
  const size = table.key.ordered ? rowsAtOnce.ordered : rowsAtOnce.hashed;
  const first = begin ?? bounds.from;
  const end = (await snapshot.endOf(table, first, rowsPerSnapshot)) ?? bounds.to;
  for (let from = first; from <= end;) {
    pipeline.signal.throwIfAborted();
    const to = least((await snapshot.endOf(table, from, size)) ?? end, end);
    const rows = await snapshot.rowsOf(table, { from, to });
    await repairer.write(table, place, [...rows.values()]);
    onRows(rows.size);
    from = to + 1n;
  }
  return end < bounds.to ? end + 1n : undefined;
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

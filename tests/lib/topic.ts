import { endsOf, withAdmin, type Offsets } from "../../tools/lib/kafka";
import { eventually } from "./eventually";
import { kafka } from "./stack";

/** A committed record, as text. */
export interface CommittedRecord {
  readonly key: string;
  readonly value: string;
}

/** Where a reader of committed records comes to an end now, in each partition. */
export async function committedEnd(topic: string): Promise<Offsets> {
  return withAdmin(await kafka(), (admin) => endsOf(admin, topic));
}

/** How many offsets lie before these, those of the transactions' marks among them. */
export function sumOf(offsets: Offsets): number {
  return [...offsets.values()].reduce((total, offset) => total + Number(offset), 0);
}

/** How many offsets a topic's committed part has, those of the transactions' marks among them. */
export async function sizeOf(topic: string): Promise<number> {
  return sumOf(await committedEnd(topic));
}

/** All committed records from the given offsets to the end that there is now; each partition's in its order. */
export async function committedSince(topic: string, from: Offsets): Promise<CommittedRecord[]> {
  const records: CommittedRecord[] = [];
  const next = new Map(from);
  const consumer = (await kafka()).consumer({ groupId: `reader-${Date.now()}`, readUncommitted: false });
  // Also tells of batches that have nothing but the marks and the aborted records of transactions.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const offset = BigInt(lastOffset) + 1n;
    if (offset > next.get(partition)!) next.set(partition, offset);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch: { partition, messages } }) => {
        for (const { offset, key, value } of messages)
          if (BigInt(offset) >= next.get(partition)!)
            records.push({ key: String(key), value: String(value) });
      },
    });
    for (const [partition, offset] of from) consumer.seek({ topic, partition, offset: String(offset) });
    const ends = await committedEnd(topic);
    await eventually(
      `${topic} is read to its end`,
      async () => {
        for (const [partition, end] of ends)
          if (next.get(partition)! < end) throw new Error(`${partition}: ${next.get(partition)} of ${end}`);
      },
      { timeout: 60_000 },
    );
    return records;
  } finally {
    await consumer.disconnect();
  }
}

import { heartbeats, tables, topicOf } from "../../components/tables";
import { eventually } from "./eventually";
import { kafka } from "./stack";

/** What has been read of the topics since the last look. */
export interface Entries {
  /** Committed records whose change was not there before, those of snapshots left out. */
  readonly changes: number;
  /** Committed records whose change, or whose row in the same snapshot, was there before. */
  readonly duplicates: number;
}

/** The topics of what the platform keeps. */
const topics = tables.filter((spec) => spec !== heartbeats).map(topicOf);

/** A change, as its record tells it. */
interface Change {
  op: string;
  source: { file: string; pos: number; row: number };
}

/**
 * Keeps account of every committed record: a change stands at one place in the binlog, so a second record of the same
 * place is a duplicate. Rows of a snapshot share its place, and differ in their keys.
 */
export class TopicLedger {
  private readonly seen = new Set<string>();
  /** The first offset that was not read, by topic and partition. */
  private readonly next = new Map<string, bigint>();
  private readonly groupId = `ledger-${Date.now()}`;

  /** Reads to the end that the topics have now. @param timeout milliseconds */
  async readOn(timeout = 240_000): Promise<Entries> {
    const client = await kafka();
    const ends = await this.ends(client);
    const consumer = client.consumer({ groupId: this.groupId, readUncommitted: false });
    let changes = 0;
    let duplicates = 0;
    // Also tells of batches that have nothing but the marks and the aborted records of transactions.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) =>
      this.moveOn(`${topic}-${partition}`, BigInt(lastOffset) + 1n),
    );
    await consumer.connect();
    try {
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({
        eachBatch: async ({ batch: { topic, partition, messages } }) => {
          const next = this.next.get(`${topic}-${partition}`) ?? 0n;
          for (const { offset, key, value } of messages) {
            if (BigInt(offset) < next) continue;
            const change = changeOf(value);
            if (!change) continue;
            const { op, source } = change;
            const identity = [topic, key!.toString(), source.file, source.pos, source.row, op].join(" ");
            if (this.seen.has(identity)) duplicates++;
            else if (op !== "r") changes++;
            this.seen.add(identity);
          }
        },
      });
      await eventually(
        "the topics are read to their ends",
        async () => {
          const unread = [...ends].filter(([partition, end]) => (this.next.get(partition) ?? 0n) < end);
          if (unread.length > 0)
            throw new Error(
              unread.map(([name, end]) => `${name} at ${this.next.get(name)} of ${end}`).join(", "),
            );
        },
        { timeout },
      );
      return { changes, duplicates };
    } finally {
      await consumer.disconnect();
    }
  }

  private moveOn(partition: string, to: bigint): void {
    if (to > (this.next.get(partition) ?? 0n)) this.next.set(partition, to);
  }

  private async ends(client: Awaited<ReturnType<typeof kafka>>): Promise<Map<string, bigint>> {
    return new Map(
      (await topicOffsets(client)).flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, high }): [string, bigint] => [`${topic}-${partition}`, BigInt(high)]),
      ),
    );
  }
}

/** A record's change; undefined for what capture did not write, such as what a test of dead letters sends. */
function changeOf(value: Buffer | null): Change | undefined {
  try {
    return JSON.parse(String(value)) as Change;
  } catch {
    return undefined;
  }
}

async function topicOffsets(client: Awaited<ReturnType<typeof kafka>>) {
  const admin = client.admin();
  await admin.connect();
  try {
    return await Promise.all(
      topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) })),
    );
  } finally {
    await admin.disconnect();
  }
}

/** How many records a topic has, those of open and aborted transactions and the transactions' marks among them. */
export async function sizeOf(topic: string): Promise<number> {
  const offsets = (await topicOffsets(await kafka())).find((one) => one.topic === topic)!.partitions;
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

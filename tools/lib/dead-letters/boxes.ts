import type { Kafka } from "kafkajs";
import { beginsOf, endsOf, withAdmin } from "../kafka";
import { Problem } from "../problem";
import { waitUntil } from "../wait";
import { markHeaders, type Letter, type Settlement, type TopicRecord } from "./letter";

/** How long reading all dead letters may take. Milliseconds. */
const patience = 60_000;

/** All committed records of the topics, each topic in its order. */
export async function readTopics(
  kafka: Kafka,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<TopicRecord[]> {
  const unread = await filledEnds(kafka, topics);
  if (unread.size === 0) return [];
  const groupId = `tributary-dead-letters-${Date.now()}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  const records: TopicRecord[] = [];
  // Also told of batches with nothing but marks of transactions, which are no messages.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
    const name = `${topic}/${partition}`;
    if (BigInt(lastOffset) + 1n >= (unread.get(name) ?? 0n)) unread.delete(name);
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message: { offset, key, value, headers = {} } }) => {
        records.push({ topic, partition, offset, key, value, headers });
        return Promise.resolve();
      },
    });
    await waitUntil("the dead letters to be read", patience, signal, () =>
      Promise.resolve(unread.size > 0 ? `${[...unread.keys()].join(", ")} not yet at the end` : undefined),
    );
    return records;
  } finally {
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]).catch(() => undefined));
  }
}

/** The ends of the partitions that hold anything, by `topic/partition`. */
async function filledEnds(kafka: Kafka, topics: readonly string[]): Promise<Map<string, bigint>> {
  return withAdmin(kafka, async (admin) => {
    const filled = new Map<string, bigint>();
    for (const topic of topics) {
      const begins = await beginsOf(admin, topic);
      for (const [partition, end] of await endsOf(admin, topic))
        if (end > begins.get(partition)!) filled.set(`${topic}/${partition}`, end);
    }
    return filled;
  });
}

/**
 * Replays letters, which writes a change back to the topic and partition it came from, unchanged; or dismisses them. Both
 * leave a mark behind the letter, in one transaction with the change, so that it is replayed and marked or neither.
 *
 * @param signal ends it between two letters: a transaction that was begun would stay open and hold up its topic
 * @returns how many it was done to
 * @throws Problem telling how many, if it was interrupted
 */
export async function settle(
  kafka: Kafka,
  letters: readonly Letter[],
  settlement: Settlement,
  signal: AbortSignal,
): Promise<number> {
  const header = markHeaders[settlement];
  const producer = kafka.producer({
    transactionalId: "tributary-dead-letters",
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  try {
    for (const [done, letter] of letters.entries()) {
      if (signal.aborted) {
        throw new Problem(
          `interrupted: ${done} of ${letters.length} letters are ${header}`,
          "The others are as they were: `make dead-letters` lists them.",
        );
      }
      const transaction = await producer.transaction();
      try {
        const { topic, partition, key, value, box, id } = letter;
        if (settlement === "replay") await transaction.send({ topic, messages: [{ partition, key, value }] });
        await transaction.send({ topic: box, messages: [{ key, value: null, headers: { [header]: id } }] });
        await transaction.commit();
      } catch (error) {
        await transaction.abort();
        throw error;
      }
    }
    return letters.length;
  } finally {
    await producer.disconnect();
  }
}

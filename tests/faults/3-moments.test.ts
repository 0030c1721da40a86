import test, { type ExecutionContext } from "ava";
import { deadLetterTopicOf, tables, topicOf } from "../../components/tables";
import { readTopics } from "../../tools/lib/dead-letters/boxes";
import { openLetters } from "../../tools/lib/dead-letters/letter";
import { bulkRows, deleteBulk, insertBulk, inTheMiddleOf, rekeyBulk, updateBulk } from "../lib/bulk";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { flink, restartOf } from "../lib/jobs";
import { crash, frozen } from "../lib/servers";
import { kafka, stackOutputs } from "../lib/stack";
import { sizeOf } from "../lib/topic";

interface Checkpoints {
  latest: { restored: { id: number } | null };
  history: { id: number; status: string; trigger_timestamp: number }[];
}

const checkpointsOf = (job: string) => flink<Checkpoints>(`/jobs/${job}/checkpoints`);

/** A checkpoint that was triggered so long ago hangs: usually it takes 20 ms, and Flink's answers are up to 3 s old. */
const hanging = 5_000;

/**
 * Kills the TaskManager while the capture job makes a checkpoint. To be met, it is held up: Kafka, which has to confirm
 * what was written before it, is frozen meanwhile.
 *
 * @returns the checkpoint's number
 */
async function crashDuringCheckpoint(job: string): Promise<number> {
  let caught = 0;
  await frozen("kafka", async () => {
    await eventually(
      "a checkpoint waits for Kafka",
      async () => {
        const newest = (await checkpointsOf(job)).history[0];
        if (newest?.status !== "IN_PROGRESS" || Date.now() - newest.trigger_timestamp < hanging)
          throw new Error(JSON.stringify(newest));
        caught = newest.id;
      },
      { timeout: 30_000 },
    );
    await crash("flink-taskmanager");
  });
  return caught;
}

test("SIGKILL of the TaskManager during a checkpoint", async (t) => {
  const { captureJobId } = await stackOutputs();
  const before = await restartOf(captureJobId);
  let caught = 0;
  await survive(t, { inject: async () => (caught = await crashDuringCheckpoint(captureJobId)) });
  t.true((await restartOf(captureJobId)) > before);
  const { latest } = await checkpointsOf(captureJobId);
  t.true(latest.restored!.id < caught, "capture went on from an earlier one");
});

const bulk = test.macro(async (t: ExecutionContext, sql: string, changes: number) => {
  let arrived = 0;
  await survive(t, {
    inject: async () => (arrived = await inTheMiddleOf(sql, () => crash("flink-taskmanager"))),
    ownChanges: changes,
    recoverWithin: 180_000,
  });
  t.true(arrived < changes, "the kill came in the middle");
});

test("one INSERT of 100,000 rows, SIGKILL of the TaskManager in the middle", bulk, insertBulk, bulkRows);
test("one UPDATE of 100,000 rows, SIGKILL of the TaskManager in the middle", bulk, updateBulk, bulkRows);
test("one UPDATE of 100,000 keys, SIGKILL of the TaskManager in the middle", bulk, rekeyBulk, 2 * bulkRows);
test(
  "one transaction that deletes 100,000 rows, SIGKILL of the TaskManager in the middle",
  bulk,
  deleteBulk,
  bulkRows,
);

const orders = tables.find(({ table }) => table === "orders")!;

/** Has a foreign producer write records that can never go in. @returns what their letters are to be called */
async function sendNoChanges(count: number): Promise<string[]> {
  const producer = (await kafka()).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    const [topic, partition] = [topicOf(orders), 0];
    const messages = Array.from({ length: count }, (_, i) => ({
      partition,
      key: `${i}`,
      value: "no change",
    }));
    // They are one batch, which stands in one piece.
    const [written] = await producer.send({ topic, messages });
    return messages.map((_, i) => `${topic}/${partition}/${BigInt(written!.baseOffset!) + BigInt(i)}`);
  } finally {
    await producer.disconnect();
  }
}

test("records that are no change events, SIGKILL of the TaskManager in the middle of them", async (t) => {
  const box = deadLetterTopicOf(orders);
  const sent: string[] = [];
  await survive(t, {
    inject: async () => {
      const before = await sizeOf(box);
      sent.push(...(await sendNoChanges(100)));
      await eventually(
        "sync finds the first of them",
        async () => {
          if ((await sizeOf(box)) === before) throw new Error("no letter yet");
        },
        { timeout: 60_000, interval: 20 },
      );
      const [, more] = await Promise.all([crash("flink-taskmanager"), sendNoChanges(100)]);
      sent.push(...more, ...(await sendNoChanges(100)));
    },
  });
  await eventually(
    "each is a dead letter",
    async () => {
      const letters = openLetters(await readTopics(await kafka(), [box], new AbortController().signal));
      const names = new Set(letters.map(({ id }) => id));
      const missing = sent.filter((name) => !names.has(name));
      if (missing.length > 0) throw new Error(`${missing.length} are not, ${missing[0]} among them`);
    },
    { timeout: 60_000, interval: 1_000 },
  );
});

import test from "ava";
import fc from "fast-check";
import type { Kafka, ProducerRecord } from "kafkajs";
import { settle } from "../../tools/lib/dead-letters/boxes";
import {
  chooseLetters,
  describeLetters,
  openLetters,
  parseLetter,
  type TopicRecord,
} from "../../tools/lib/dead-letters/letter";

const box = "orders-cdc-topic-dlq";

function letter(partition: number, offset: number, changes: Partial<TopicRecord> = {}): TopicRecord {
  const headers = {
    topic: Buffer.from("orders-cdc-topic"),
    partition: Buffer.from(String(partition)),
    offset: Buffer.from(String(offset)),
    timestamp: Buffer.from(String(1_000 + offset)),
    reason: Buffer.from("quantity: -1 does not fit UInt32"),
    table: Buffer.from("orders_rows"),
  };
  return {
    topic: box,
    partition: 0,
    offset: "0",
    key: Buffer.from("k"),
    value: Buffer.from([0xff]),
    headers,
    ...changes,
  };
}

function replayed(id: string): TopicRecord {
  return {
    topic: box,
    partition: 0,
    offset: "9",
    key: null,
    value: null,
    headers: { replayed: Buffer.from(id) },
  };
}

test("a letter tells where its change stood, why it is here, and holds its bytes as they were", (t) => {
  t.deepEqual(parseLetter(letter(2, 40)), {
    id: "orders-cdc-topic/2/40",
    box,
    topic: "orders-cdc-topic",
    partition: 2,
    time: 1_040,
    reason: "quantity: -1 does not fit UInt32",
    key: Buffer.from("k"),
    value: Buffer.from([0xff]),
  });
});

test("a record that is no letter is named by its place", (t) => {
  t.throws(() => parseLetter(letter(0, 1, { headers: {}, offset: "17" })), {
    message: /orders-cdc-topic-dlq\/0\/17 is no dead letter/,
  });
});

test("a letter that was replayed is not open any more, one that was written twice is one", (t) => {
  const records = [letter(0, 2), letter(0, 1), letter(0, 1), replayed("orders-cdc-topic/0/2")];
  t.deepEqual(
    openLetters(records).map(({ id }) => id),
    ["orders-cdc-topic/0/1"],
  );
});

test("a letter that was dismissed is not open any more, and nothing is written to its topic", async (t) => {
  const sent: { topic: string; headers: unknown }[] = [];
  const transaction = () =>
    Promise.resolve({
      send: ({ topic, messages }: ProducerRecord) => {
        sent.push(...messages.map(({ headers }) => ({ topic, headers })));
        return Promise.resolve();
      },
      commit: () => Promise.resolve(),
    });
  const producer = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve(), transaction };
  const kafka = { producer: () => producer } as unknown as Kafka;
  const [first, second] = openLetters([letter(0, 1), letter(0, 2)]);
  t.is(await settle(kafka, [first!], "dismiss", new AbortController().signal), 1);
  t.deepEqual(sent, [{ topic: "orders-cdc-topic-dlq", headers: { dismissed: "orders-cdc-topic/0/1" } }]);
  const mark = { ...replayed(""), headers: { dismissed: "orders-cdc-topic/0/1" } };
  t.deepEqual(openLetters([letter(0, 1), letter(0, 2), mark]), [second!]);
});

test("a change that failed again after its replay is open again", (t) => {
  const again = [letter(0, 1), replayed("orders-cdc-topic/0/1"), letter(0, 7)];
  t.deepEqual(
    openLetters(again).map(({ id }) => id),
    ["orders-cdc-topic/0/7"],
  );
});

test("whatever is written and replayed, what is left is open", (t) => {
  const offsets = fc.uniqueArray(fc.nat(50));
  fc.assert(
    fc.property(offsets, offsets, (written, taken) => {
      const records = [
        ...written.map((offset) => letter(0, offset)),
        ...taken.map((offset) => replayed(`orders-cdc-topic/0/${offset}`)),
      ];
      const left = written.filter((offset) => !taken.includes(offset)).sort((one, other) => one - other);
      t.deepEqual(
        openLetters(records).map(({ id }) => id),
        left.map((offset) => `orders-cdc-topic/0/${offset}`),
      );
    }),
  );
});

test("letters are chosen by name, and an unknown name is refused", (t) => {
  const open = openLetters([letter(0, 1), letter(1, 2)]);
  t.is(chooseLetters(open, ["orders-cdc-topic/1/2"])[0]?.partition, 1);
  t.throws(() => chooseLetters(open, ["orders-cdc-topic/1/3"]), { message: /orders-cdc-topic\/1\/3/ });
});

test("an interrupt ends a replay between two letters, with no transaction left open", async (t) => {
  const stop = new AbortController();
  const done: string[] = [];
  const transaction = () => {
    done.push("begin");
    return Promise.resolve({
      send: () => {
        stop.abort();
        return Promise.resolve();
      },
      commit: () => Promise.resolve(done.push("commit")),
      abort: () => Promise.resolve(done.push("abort")),
    });
  };
  const producer = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve(), transaction };
  const kafka = { producer: () => producer } as unknown as Kafka;
  const letters = openLetters([letter(0, 1), letter(0, 2)]);
  const error = await t.throwsAsync(settle(kafka, letters, "replay", stop.signal));
  t.is(error?.message, "interrupted: 1 of 2 letters are replayed");
  t.deepEqual(done, ["begin", "commit"]);
});

test("a listing has one line a letter, however long its key and reason are", (t) => {
  const long = letter(0, 1, { key: Buffer.from("x\n".repeat(500)) });
  const lines = describeLetters(openLetters([long, letter(0, 2)]), 20).split("\n");
  t.is(lines.length, 3);
  t.regex(lines[1]!, /1970-01-01T00:00:01\.001Z {2}orders-cdc-topic\/0\/1 .*…/);
});

import test from "ava";
import { transactionalIdPrefix } from "../../components/capture-job";
import { deadLetterTopicOf, tables, topicOf } from "../../components/tables";
import { toMilliseconds } from "../../components/units";
import { parseTable } from "../../tools/lib/alarms/transactions";
import { eventually } from "../lib/eventually";
import { inContainer, kafka, placeOrder, sourceNumber } from "../lib/stack";
import { committedEnd } from "../lib/topic";

test("each topic has three partitions and keeps changes for seven days", async (t) => {
  for (const topic of tables.map(topicOf)) {
    const description = await inContainer(
      "kafka",
      ...["kafka-topics", "--bootstrap-server", "kafka:9092", "--describe", "--topic", topic],
    );
    t.regex(description, /PartitionCount: 3\b/);
    t.regex(description, /retention\.ms=604800000\b/);
  }
});

test("each topic has a topic for dead letters, and none has arrived", async (t) => {
  for (const topic of tables.map(deadLetterTopicOf))
    t.deepEqual([...(await committedEnd(topic))], [[0, 0n]], topic);
});

test("Kafka keeps what capture has prepared for as long as MySQL keeps its binlog", async (t) => {
  const ask = (...args: string[]) =>
    inContainer("kafka", "kafka-transactions", "--bootstrap-server", "kafka:9092", ...args);
  const ids = parseTable(await ask("list")).map((row) => row["TransactionalId"]!);
  const id = ids.find((one) => one.startsWith(`${transactionalIdPrefix}-`))!;
  const [transaction] = parseTable(await ask("describe", "--transactional-id", id));
  t.is(Number(transaction?.["TransactionTimeoutMs"]), toMilliseconds("7 days"), id);
});

test("an order's change is in the topic as the contract says", async (t) => {
  const started = Date.now();
  const id = await placeOrder({ product_name: "Laptop", quantity: 2, total_price: 2000 });
  const consumer = (await kafka()).consumer({ groupId: `stack-test-${started}`, readUncommitted: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: "orders-cdc-topic", fromBeginning: true });
    const seen: { key: unknown; change: Record<string, unknown> }[] = [];
    await consumer.run({
      eachMessage: async ({ message }) => {
        const key = JSON.parse(message.key!.toString()) as { order_id: number };
        if (key.order_id === id)
          seen.push({ key, change: JSON.parse(message.value!.toString()) as Record<string, unknown> });
      },
    });
    const { value } = await eventually(
      "the change is in the topic",
      async () => {
        if (!seen[0]) throw new Error("not yet");
        return seen[0];
      },
      { timeout: 30_000 },
    );
    t.deepEqual(value.key, { order_id: id });
    t.is(value.change["before"], null);
    t.is(value.change["op"], "c");
    t.true(Math.abs(Number(value.change["ts_ms"]) - started) < 10_000);
    const after = value.change["after"] as Record<string, unknown>;
    t.like(after, {
      order_id: id,
      user_id: 1,
      product_name: "Laptop",
      quantity: 2,
      total_price: "2000.00",
      status: "pending",
    });
    t.regex(String(after["created_at"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
    const place = value.change["source"] as Record<string, unknown>;
    t.regex(String(place["file"]), /^binlog\.\d{6}$/);
    t.true(Number(place["pos"]) > 0);
    t.is(place["row"], 0);
  } finally {
    await consumer.disconnect();
  }
});

test("the sync job's consumer group commits its offsets", async (t) => {
  t.true((await sourceNumber("SELECT COUNT(*) FROM orders")) > 0);
  const { value } = await eventually(
    "the group has an offset in every topic with changes",
    async () => {
      const description = await inContainer(
        "kafka",
        ...["kafka-consumer-groups", "--bootstrap-server", "kafka:9092"],
        ...["--group", "flink-sync-connector", "--describe"],
      );
      for (const topic of tables.map(topicOf)) {
        if (!new RegExp(`${topic}\\s+\\d+\\s+\\d+`).test(description)) throw new Error(description);
      }
      return description;
    },
    { timeout: 30_000, interval: 1_000 },
  );
  t.regex(value, /flink-sync-connector/);
});

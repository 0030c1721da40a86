import test, { type ExecutionContext } from "ava";
import { parseTable } from "../../tools/lib/alarms/transactions";
import { eventually } from "../lib/eventually";
import { Container, createVolume, imageUnderTest, type ContainerOptions } from "./support/container";

const image = imageUnderTest("kafka");

/** One node that is its own controller, with the variables of Confluent's image. */
const env = {
  CLUSTER_ID: "dHJpYnV0YXJ5LWtyYWZ0MQ",
  KAFKA_HEAP_OPTS: "-Xms64m -Xmx300m",
  KAFKA_NODE_ID: "1",
  KAFKA_PROCESS_ROLES: "broker,controller",
  KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
  KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
  KAFKA_LISTENERS: "INTERNAL://:9092,CONTROLLER://localhost:9093",
  KAFKA_ADVERTISED_LISTENERS: "INTERNAL://localhost:9092",
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
  KAFKA_INTER_BROKER_LISTENER_NAME: "INTERNAL",
  KAFKA_LOG_DIRS: "/var/lib/kafka/data",
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
  KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: "3",
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
  KAFKA_TRANSACTION_MAX_TIMEOUT_MS: "3600000",
};

async function startKafka(t: ExecutionContext, options: Partial<ContainerOptions> = {}): Promise<Container> {
  const kafka = await Container.start(t, { image, user: 1000, env, ...options });
  await kafka.listens(9092);
  return kafka;
}

const server = "--bootstrap-server localhost:9092";

test("the broker is what KAFKA_ variables say, its tools are on PATH without .sh, and its data outlives it", async (t) => {
  const volumes = { [await createVolume(t)]: "/var/lib/kafka/data" };
  const kafka = await startKafka(t, { volumes });
  t.is(await kafka.exec("id", "-u"), "1000");
  t.regex(await kafka.bash("tr '\\0' ' ' </proc/1/cmdline"), /-Xms64m -Xmx300m/);

  const settings = await kafka.bash(
    `kafka-configs ${server} --describe --all --entity-type brokers --entity-name 1`,
  );
  t.regex(settings, /auto\.create\.topics\.enable=false/);
  t.regex(settings, /transaction\.max\.timeout\.ms=3600000/);

  await kafka.bash(
    `kafka-topics ${server} --create --topic orders-cdc-topic --partitions 3 --config retention.ms=604800000`,
  );
  await kafka.bash(`seq 100 | kafka-console-producer ${server} --topic orders-cdc-topic`);
  t.is(await stored(kafka), 100);
  t.is(await kafka.stop(), 143, "ended by the signal, not killed after it");

  const successor = await startKafka(t, { volumes });
  t.is(await stored(successor), 100);
  const consume = `kafka-console-consumer ${server} --topic orders-cdc-topic --group readers --from-beginning --max-messages 100`;
  const consumed = await successor.bash(`${consume} 2>/dev/null`);
  t.is(consumed.split("\n").length, 100);
  const group = await successor.bash(
    `kafka-consumer-groups ${server} --group readers --describe 2>/dev/null`,
  );
  t.is(group.split("\n").filter((line) => line.includes("orders-cdc-topic")).length, 3);
});

async function stored(kafka: Container, topic = "orders-cdc-topic"): Promise<number> {
  const offsets = await kafka.bash(`kafka-get-offsets ${server} --topic ${topic}`);
  return offsets
    .split("\n")
    .map((line) => Number(line.split(":")[2]))
    .reduce((sum, offset) => sum + offset, 0);
}

test("without a cluster id it does not start, and says what is missing", async (t) => {
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => name !== "CLUSTER_ID"));
  const { exitCode, output } = await Container.run(t, { image, user: 1000, env: others });
  t.not(exitCode, 0);
  t.regex(output, /CLUSTER_ID/);
});

// Kafka 4.3 does: its coordinator takes partitions without a leader for deleted (KAFKA-20734).
test("a broker that is stopped among commits forgets the end of none", async (t) => {
  const kafka = await startKafka(t);
  await kafka.bash(`kafka-topics ${server} --create --topic t --partitions 3`);
  for (const round of [1, 2, 3]) {
    const commit = `kafka-producer-perf-test ${server} --topic t --num-records 1000000 --record-size 20 --throughput 300 --transaction-duration-ms 2`;
    const before = await stored(kafka, "t");
    await kafka.bash(
      `for n in 1 2 3; do nohup ${commit} --transactional-id ${round}-$n >/dev/null 2>&1 & done`,
    );
    await eventually(
      "they commit",
      async () => {
        if ((await stored(kafka, "t")) < before + 1_000) throw new Error("not yet");
      },
      { timeout: 60_000 },
    );
    t.is(await kafka.stop(), 143, "ended by the signal, not killed after it");
    await kafka.startAgain();
    await kafka.listens(9092);
  }
  const transactions = parseTable(await kafka.bash(`kafka-transactions ${server} list`));
  t.true(transactions.some((row) => row["TransactionState"] === "CompleteCommit"));
  const over = transactions.filter((row) => row["TransactionState"]?.startsWith("Complete"));
  const ended = new Set(over.map((row) => row["ProducerId"]));
  for (const partition of [0, 1, 2]) {
    const producers = parseTable(
      await kafka.bash(`kafka-transactions ${server} describe-producers --topic t --partition ${partition}`),
    );
    const open = producers.filter((row) => row["CurrentTransactionStartOffset"] !== "None");
    t.deepEqual(
      open.filter((row) => ended.has(row["ProducerId"])),
      [],
      `partition ${partition}`,
    );
  }
});

import test from "ava";
import { alarmsOf, changedVariables, type Facts, type JobFacts } from "../../tools/lib/alarms/alarms";
import {
  endsOf,
  hangingTransactions,
  holdersOf,
  openTransactions,
  transactionOf,
} from "../../tools/lib/alarms/transactions";

const job: JobFacts = {
  name: "capture",
  state: "RUNNING",
  failure: "",
  failures: 0,
  sinceCheckpoint: 400,
  checkpointInterval: 500,
};

const disk = { path: "/var/lib/docker", free: 50 * 1024 ** 3, total: 100 * 1024 ** 3 };

const transaction = (id: string, age: number, ...partitions: string[]) => ({ id, age, partitions });

/** A pipeline that is well. */
const well: Facts = {
  unseen: [],
  containers: [{ name: "kafka", status: "running", health: "healthy", restarts: 0 }],
  jobs: [job],
  deadLetters: [],
  transactions: [transaction("tributary-capture-0-7", 300)],
  hanging: [],
  transactionalIdPrefix: "tributary-capture",
  lag: 900,
  binlog: { retention: 7 * 86_400_000, oldest: 1, reached: 3 },
  changedVariables: [],
  xaRollbacks: 0,
  disk,
  group: { name: "flink-sync-connector", lag: [15, 20] },
};

test("a pipeline that is well raises no alarm", (t) => {
  t.deepEqual(alarmsOf(well), []);
  t.deepEqual(alarmsOf({ ...well, disk: undefined }), [], "Docker keeps its data elsewhere");
});

const raises = test.macro({
  exec: (t, _what: string, change: Partial<Facts>, what: RegExp, remedy: RegExp) => {
    const alarms = alarmsOf({ ...well, ...change });
    t.is(alarms.length, 1, JSON.stringify(alarms));
    t.regex(alarms[0]!.what, what);
    t.regex(alarms[0]!.remedy, remedy);
  },
  title: (_, what) => `${what} raises an alarm that says what to do`,
});

test("a variable that was changed is told from one that only looks different", (t) => {
  const wanted = { binlog_format: "ROW", sync_binlog: 1, binlog_row_value_options: "" };
  const seen = [
    ["binlog_format", "row"],
    ["sync_binlog", "0"],
    ["binlog_row_value_options", "PARTIAL_JSON"],
  ] as const;
  t.deepEqual(changedVariables(wanted, seen), [
    { name: "sync_binlog", value: "0", wanted: "1" },
    { name: "binlog_row_value_options", value: "PARTIAL_JSON", wanted: "" },
  ]);
});

const container = well.containers[0]!;
const jobs = (change: Partial<JobFacts>) => ({ jobs: [{ ...job, ...change }] });

test(raises, "a job that failed", jobs({ state: "FAILED", failure: "no" }), /FAILED: no/, /make up/);
test(
  raises,
  "a job that stopped at a TRUNCATE",
  jobs({ state: "FAILED", failure: "Capture stopped: a statement changed …" }),
  /Capture stopped/,
  /Do what it says/,
);
test(raises, "a job that is restarting", jobs({ state: "RESTARTING" }), /is RESTARTING/, /goes on by itself/);
test(raises, "a job that has failed", jobs({ state: "FAILED" }), /is FAILED/, /make up/);
test(raises, "a job that fails again and again", jobs({ failures: 3, failure: "no" }), /3 times/, /cause/);
test(
  raises,
  "a job without checkpoints",
  jobs({ sinceCheckpoint: 10_001 }),
  /no checkpoint for 10 s/,
  /disk/,
);
test(
  raises,
  "a server variable that was changed",
  { changedVariables: [{ name: "binlog_row_image", value: "MINIMAL", wanted: "FULL" }] },
  /binlog_row_image was changed to 'MINIMAL': capture needs 'FULL'/,
  /SET GLOBAL binlog_row_image back/,
);
test(
  raises,
  "a look that failed",
  { unseen: [{ what: "job capture", why: "fetch failed" }], jobs: [] },
  /job capture cannot be seen: fetch failed/,
  /make up/,
);
test(
  raises,
  "a sync before a gap in its topic",
  { jobs: [{ ...well.jobs[0]!, failures: 9, failure: "Fetch position 7 is out of range for partition 1" }] },
  /out of range/,
  /docs\/operations\.md/,
);
test(raises, "an XA transaction that was rolled back", { xaRollbacks: 2 }, /back 2 XA/, /make verify/);
test(raises, "a dead letter", { deadLetters: ["a/0/1"] }, /1 changes/, /make dead-letters/);
test(
  raises,
  "an old transaction of ours",
  { transactions: [transaction("tributary-capture-0-7", 60_001)] },
  /tributary-capture-0-7 has been open/,
  /Capture ends it when it starts again.*Do not abort it/,
);
test(
  raises,
  "an old transaction of a foreign producer",
  { transactions: [transaction("other", 60_001)] },
  /other, which is not capture's/,
  /Stop its producer/,
);
test(
  raises,
  "a transaction whose end Kafka has lost",
  { hanging: [{ topic: "orders-cdc-topic", partition: 2, startOffset: 2278, age: 23 * 60_000 }] },
  /partition 2 of orders-cdc-topic have waited at offset 2278 for 23 min/,
  /docs\/operations\.md/,
);
test(raises, "a lag above ten seconds", { lag: 10_001 }, /10 s old/, /event_scheduler/);
test(raises, "a warehouse without heartbeat", { lag: null }, /no heartbeat/, /event_scheduler/);
test(
  raises,
  "a binlog that was thrown away too early",
  { binlog: { ...well.binlog, oldest: 4 } },
  /oldest file is number 4, capture was in 3/,
  /`snapshot` by one/,
);
test(
  raises,
  "a full disk",
  { disk: { ...disk, free: 4 * 1024 ** 3 } },
  /4\.0 GiB of 100\.0 GiB are free/,
  /Free some/,
);
test(
  raises,
  "a sync group that falls behind",
  { group: { name: "g", lag: [10_000, 10_001] } },
  /10001 records wait for consumer group g/,
  /ClickHouse keeps up/,
);
test(raises, "a sync group without offsets", { group: { name: "g", lag: null } }, /no offsets/, /sync job/);
test(
  raises,
  "an unhealthy container",
  { containers: [{ ...container, health: "unhealthy" }] },
  /kafka is unhealthy/,
  /make up/,
);
test(
  raises,
  "a container that stopped",
  { containers: [{ ...container, status: "exited" }] },
  /kafka is exited/,
  /docker logs kafka/,
);
test(
  raises,
  "a container that keeps dying",
  { containers: [{ ...container, restarts: 3 }] },
  /restarted 3 times/,
  /memory/,
);

test("of what was not seen, only that is an alarm, and what was seen is judged all the same", (t) => {
  const alarms = alarmsOf({
    ...well,
    unseen: [{ what: "the newest heartbeat in ClickHouse", why: "no answer" }],
    lag: undefined,
    group: undefined,
    binlog: { ...well.binlog, oldest: null, reached: null },
    deadLetters: ["a/0/1"],
  });
  t.deepEqual(
    alarms.map(({ what }) => what),
    [
      "the newest heartbeat in ClickHouse cannot be seen: no answer",
      "1 changes did not get into the warehouse",
    ],
  );
});

test("capture that is far behind raises the alarm about the binlog before it is thrown away", (t) => {
  const alarms = alarmsOf({ ...well, lag: 4 * 86_400_000 });
  t.regex(alarms[0]!.what, /MySQL keeps its binlog/);
});

test("a backlog that shrinks is no alarm, nor is a short interval's checkpoint that is a little late", (t) => {
  t.deepEqual(alarmsOf({ ...well, group: { name: "g", lag: [900_000, 800_000] } }), []);
  t.deepEqual(alarmsOf({ ...well, ...jobs({ sinceCheckpoint: 9_999 }) }), []);
});

test("open transactions and their ages are read from what Kafka's tool prints", (t) => {
  const listing =
    "TransactionalId\tCoordinator\tProducerId\tTransactionState\t\n" +
    "tributary-capture-0-1 \t1 \t5 \tEmpty \t\ntributary-capture-0-2 \t1 \t6 \tOngoing \t\n";
  t.deepEqual(openTransactions(listing), ["tributary-capture-0-2"]);
  const description = (state: string, duration: string) =>
    `TransactionalId\tTransactionState\tTransactionDurationMs\tTopicPartitions\t\n` +
    `tributary-capture-0-2 \t${state} \t${duration} \torders-cdc-topic-0,orders-cdc-topic-5 \t\n`;
  t.deepEqual(
    transactionOf(description("Ongoing", "61000")),
    transaction("tributary-capture-0-2", 61_000, "orders-cdc-topic-0", "orders-cdc-topic-5"),
  );
  t.is(transactionOf(description("CompleteCommit", "None")), undefined);
});

test("a topic's ends are read from what Kafka's tool prints", (t) => {
  const printed = "orders-cdc-topic:0:12\norders-cdc-topic:1:0\norders-cdc-topic-dlq:0:3\n";
  t.deepEqual(
    [...endsOf("orders-cdc-topic", printed)],
    [
      [0, 12n],
      [1, 0n],
    ],
  );
});

test("a topic is held up by transactions in it that are old, and by those that never end", (t) => {
  const transactions = [
    transaction("foreign", 120_000, "orders-cdc-topic-3"),
    transaction("young", 119_999, "orders-cdc-topic-3"),
    transaction("elsewhere", 120_000, "orders-cdc-topic-dlq-3"),
  ];
  const hanging = ["orders-cdc-topic", "users-cdc-topic"].map((topic) => ({
    topic,
    partition: 2,
    startOffset: 2278,
    age: 60_000,
  }));
  const holders = holdersOf("orders-cdc-topic", 120_000, transactions, hanging);
  t.deepEqual(
    holders.map(({ what }) => what),
    [
      "Kafka has lost the end of a transaction: readers of partition 2 of orders-cdc-topic have waited at offset 2278 for 1 min 00 s",
      "Kafka transaction foreign, which is not capture's, has been open for 2 min 00 s: readers of its topics wait",
    ],
  );
});

test("transactions without an end are read from what Kafka's tool prints", (t) => {
  const head =
    "Topic\tPartition\tProducerId\tProducerEpoch\tCoordinatorEpoch\tStartOffset\tLastTimestamp\tDuration(min)\t\n";
  t.deepEqual(hangingTransactions(head), []);
  t.deepEqual(
    hangingTransactions(`${head}orders-cdc-topic \t2 \t315 \t0 \t-1 \t2278 \t1795447059506 \t23 \t\n`),
    [{ topic: "orders-cdc-topic", partition: 2, startOffset: 2278, age: 23 * 60_000 }],
  );
});

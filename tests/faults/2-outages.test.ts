import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { bulkRows, deleteBulk, insertBulk, inTheMiddleOf, ordersTopic, updateBulk } from "../lib/bulk";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { restartOf } from "../lib/jobs";
import { crash, cutOff, frozen, servers, type Server } from "../lib/servers";
import { container, docker, source, stackOutputs } from "../lib/stack";
import { sizeOf } from "../lib/topic";

/** How long an outage lasts. Milliseconds. */
const long = 120_000;
const short = 20_000;
/** Longer than the reader of the binlog may be silent before it connects again, shorter than Kafka's clients wait. */
const silence = 40_000;
/** How often ZooKeeper tidies up by default, and how long it takes to start. Milliseconds. */
const minute = 60_000;
const serverStart = 1_500;
/** Longer than a ZooKeeper session lasts, and then over the moment of tidying up. */
const lead = 16_000;
const forgetting = lead + 8_000;

/** Stops a server, and starts it when the time has passed. */
async function without(
  server: Server,
  time: number,
  meanwhile = async () => undefined as unknown,
): Promise<void> {
  const name = await container(server);
  await docker("stop", name);
  try {
    await sleep(time);
    await meanwhile();
  } finally {
    await docker("start", name);
  }
}

test("Kafka away for two minutes", async (t) => {
  await survive(t, { inject: () => without("kafka", long), recoverWithin: 180_000 });
});

test("ClickHouse away for two minutes", async (t) => {
  const { syncJobId } = await stackOutputs();
  const before = await restartOf(syncJobId);
  await survive(t, {
    inject: () =>
      without("clickhouse-server", long, async () => {
        t.is(await restartOf(syncJobId), before, "sync waits for the warehouse, it does not start again");
      }),
    recoverWithin: 180_000,
  });
});

test("MySQL away for 20 seconds", async (t) => {
  await survive(t, { inject: () => without("mysql", short), hitsLoad: true });
});

test("ZooKeeper away for 20 seconds", async (t) => {
  await survive(t, { inject: () => without("flink-zookeeper", short) });
});

for (const server of servers) {
  test(`${server} cut off from the network for 20 seconds`, async (t) => {
    await survive(t, { inject: () => cutOff(server, () => sleep(short)), hitsLoad: server === "mysql" });
  });
}

test("ZooKeeper cut off while it would tidy up behind the leader's session", async (t) => {
  await survive(t, {
    inject: async () => {
      await tidyingUp(lead);
      await cutOff("flink-zookeeper", () => sleep(forgetting));
    },
  });
});

/** Waits until ZooKeeper would look for empty containers in so many milliseconds: it does once a minute. */
async function tidyingUp(ahead: number): Promise<void> {
  const started = await docker(
    "inspect",
    "--format",
    "{{.State.StartedAt}}",
    await container("flink-zookeeper"),
  );
  const running = Date.now() - Date.parse(started) - serverStart;
  await sleep((2 * minute - (running % minute) - ahead) % minute);
}

test("the TaskManager frozen for 20 seconds, long enough to be replaced, then going on", async (t) => {
  const { captureJobId, syncJobId } = await stackOutputs();
  await survive(t, {
    inject: () =>
      frozen("flink-taskmanager", async () => {
        const begun = Date.now();
        await sleep(short);
        await eventually(
          "both jobs were given up where they are",
          async () => {
            for (const job of [captureJobId, syncJobId])
              if ((await restartOf(job)) < begun) throw new Error(`${job} still counts as running there`);
          },
          { timeout: 30_000 },
        );
      }),
  });
});

test("Kafka frozen for 40 seconds in the middle of one UPDATE of 100,000 rows", async (t) => {
  await source(insertBulk);
  t.teardown(() => source(deleteBulk));
  let arrived = 0;
  await survive(t, {
    inject: async () => {
      arrived = await inTheMiddleOf(updateBulk, () => frozen("kafka", () => sleep(silence)));
    },
    ownChanges: bulkRows,
    recoverWithin: 180_000,
  });
  t.true(arrived < bulkRows, "the outage came in the middle");
});

test("Kafka frozen for 40 seconds in the middle of one UPDATE of 100,000 rows, then SIGKILL of the TaskManager", async (t) => {
  await source(insertBulk);
  t.teardown(() => source(deleteBulk));
  let arrived = 0;
  await survive(t, {
    inject: async () => {
      const before = await sizeOf(ordersTopic);
      await inTheMiddleOf(updateBulk, async () => {
        const committed = await sizeOf(ordersTopic);
        await frozen("kafka", () => sleep(silence));
        // The transaction comes again meanwhile, from its start; the kill meets it when a part of that is committed.
        await eventually(
          "capture commits again",
          async () => {
            arrived = await sizeOf(ordersTopic);
            if (arrived <= committed) throw new Error("not yet");
          },
          { timeout: 60_000, interval: 20 },
        );
        await crash("flink-taskmanager");
        arrived -= before;
      });
    },
    ownChanges: bulkRows,
    recoverWithin: 180_000,
  });
  t.true(arrived < bulkRows, "the kill came in the middle");
});

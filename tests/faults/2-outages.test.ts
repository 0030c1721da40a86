import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { survive } from "../lib/fault";
import { restartsOf } from "../lib/jobs";
import { cutOff, type Server } from "../lib/servers";
import { container, docker, stackOutputs } from "../lib/stack";

/** How long an outage lasts. Milliseconds. */
const long = 120_000;
const short = 20_000;

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
  const before = await restartsOf(syncJobId);
  await survive(t, {
    inject: () =>
      without("clickhouse-server", long, async () => {
        t.is(await restartsOf(syncJobId), before, "sync waits for the warehouse, it does not start again");
      }),
    recoverWithin: 180_000,
  });
});

test("MySQL away for 20 seconds", async (t) => {
  await survive(t, { inject: () => without("mysql", short) });
});

test("ZooKeeper away for 20 seconds", async (t) => {
  await survive(t, { inject: () => without("flink-zookeeper", short) });
});

for (const server of ["mysql", "kafka", "flink-taskmanager", "clickhouse-server"] as const) {
  test(`${server} cut off from the network for 20 seconds`, async (t) => {
    await survive(t, { inject: () => cutOff(server, () => sleep(short)) });
  });
}

test("the TaskManager frozen for 20 seconds, long enough to be replaced, then going on", async (t) => {
  await survive(t, {
    inject: async () => {
      const name = await container("flink-taskmanager");
      await docker("pause", name);
      try {
        await sleep(short);
      } finally {
        await docker("unpause", name);
      }
    },
  });
});

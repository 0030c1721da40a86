import test from "ava";
import { survive } from "../lib/fault";
import { crash, makeUp, restart, servers } from "../lib/servers";
import { container, docker } from "../lib/stack";

for (const server of servers) {
  const hitsLoad = server === "mysql";

  test(`restart of ${server}`, async (t) => {
    await survive(t, { inject: () => restart(server), hitsLoad });
  });

  test(`SIGKILL of ${server}'s process`, async (t) => {
    await survive(t, { inject: () => crash(server), hitsLoad });
  });
}

test("restart of Kafka and ClickHouse at once", async (t) => {
  await survive(t, { inject: () => restart("kafka", "clickhouse-server") });
});

test("SIGKILL of JobManager, TaskManager and ZooKeeper at once", async (t) => {
  await survive(t, {
    inject: () =>
      Promise.all([crash("flink-jobmanager"), crash("flink-taskmanager"), crash("flink-zookeeper")]),
  });
});

test("restart of all servers at once", async (t) => {
  await survive(t, { inject: () => restart(...servers), hitsLoad: true });
});

test("docker kill, then docker start, of the TaskManager", async (t) => {
  await survive(t, {
    inject: async () => {
      const name = await container("flink-taskmanager");
      await docker("kill", name);
      await docker("start", name);
    },
  });
});

test("docker kill of Kafka and JobManager, then make up", async (t) => {
  await survive(t, {
    inject: async () => {
      await docker("kill", await container("kafka"), await container("flink-jobmanager"));
      await makeUp();
    },
  });
});

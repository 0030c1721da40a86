// A connection between two containers can only be cut from the host, as root on Linux: only with `--host-faults`.
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { survive } from "../lib/fault";
import { cutBetween } from "../lib/servers";

/** How long nothing passes: longer than Flink waits for a heartbeat, and ZooKeeper for a session. Milliseconds. */
const outage = 20_000;

const pairs = [
  ["flink-jobmanager", "flink-taskmanager"],
  ["flink-jobmanager", "flink-zookeeper"],
  ["flink-taskmanager", "flink-zookeeper"],
  ["flink-jobmanager", "mysql"],
  ["flink-taskmanager", "mysql"],
  ["flink-jobmanager", "kafka"],
  ["flink-taskmanager", "kafka"],
  ["flink-taskmanager", "clickhouse-server"],
] as const;

for (const [one, other] of pairs) {
  test(`nothing passes between ${one} and ${other} for 20 seconds`, async (t) => {
    await survive(t, { inject: () => cutBetween(one, other, () => sleep(outage)) });
  });
}

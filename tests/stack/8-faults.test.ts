// A few of the faults of `make test-faults`, each of its own kind.
import test from "ava";
import { bulkRows, insertBulk, inTheMiddleOf } from "../lib/bulk";
import { survive } from "../lib/fault";
import { crash, restart } from "../lib/servers";

test("nothing is lost or doubled when the TaskManager restarts", async (t) => {
  await survive(t, { inject: () => restart("flink-taskmanager") });
});

test("nothing is lost or doubled when the JobManager restarts", async (t) => {
  await survive(t, { inject: () => restart("flink-jobmanager") });
});

test("nothing is lost or doubled when Kafka is killed", async (t) => {
  await survive(t, { inject: () => crash("kafka") });
});

test("nothing is lost or doubled when the TaskManager is killed in the middle of a large statement", async (t) => {
  let arrived = 0;
  await survive(t, {
    inject: async () => (arrived = await inTheMiddleOf(insertBulk, () => crash("flink-taskmanager"))),
    ownChanges: bulkRows,
  });
  t.true(arrived < bulkRows, "the kill came in the middle");
});

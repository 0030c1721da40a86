import test, { type ExecutionContext } from "ava";
import { bulkRows, deleteBulk, insertBulk, inTheMiddleOf, updateBulk } from "../lib/bulk";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { flink, restartOf } from "../lib/jobs";
import { crash } from "../lib/servers";
import { stackOutputs } from "../lib/stack";

interface Checkpoints {
  counts: { in_progress: number; failed: number };
}

/** Kills the TaskManager while the capture job makes a checkpoint. */
async function crashDuringCheckpoint(): Promise<void> {
  const { captureJobId } = await stackOutputs();
  await eventually(
    "a checkpoint is being made",
    async () => {
      const { counts } = await flink<Checkpoints>(`/jobs/${captureJobId}/checkpoints`);
      if (counts.in_progress === 0) throw new Error("none in progress");
    },
    { timeout: 60_000, interval: 1 },
  );
  await crash("flink-taskmanager");
}

test("SIGKILL of the TaskManager during a checkpoint", async (t) => {
  const { captureJobId } = await stackOutputs();
  const before = await restartOf(captureJobId);
  await survive(t, { inject: crashDuringCheckpoint });
  t.true((await restartOf(captureJobId)) > before);
});

const bulk = test.macro(async (t: ExecutionContext, sql: string) => {
  let arrived = 0;
  await survive(t, {
    inject: async () => (arrived = await inTheMiddleOf(sql, () => crash("flink-taskmanager"))),
    ownChanges: bulkRows,
    recoverWithin: 180_000,
  });
  t.true(arrived < bulkRows, "the kill came in the middle");
});

test("one INSERT of 100,000 rows, SIGKILL of the TaskManager in the middle", bulk, insertBulk);
test("one UPDATE of 100,000 rows, SIGKILL of the TaskManager in the middle", bulk, updateBulk);
test("one transaction that deletes 100,000 rows, SIGKILL of the TaskManager in the middle", bulk, deleteBulk);

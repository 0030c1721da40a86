// The guarantees of `visibility: early`, docs/decisions/0007: each fault comes when the warehouse shows changes that are not
// committed. Rare checkpoints make many of them.
import test from "ava";
import { heartbeats, tables, topicOf } from "../../components/tables";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { flink, requireRunning } from "../lib/jobs";
import { crash, frozen } from "../lib/servers";
import {
  forgetOutputs,
  inContainer,
  placeOrder,
  pulumi,
  source,
  stackOutputs,
  warehouseNumber,
} from "../lib/stack";
import { committedEnd, committedSince, sumOf } from "../lib/topic";

const ordersTopic = topicOf(tables.find(({ table }) => table === "orders")!);

const settings = { visibility: "early", captureCheckpoint: "10 seconds" };

async function deploy(): Promise<void> {
  await pulumi("up", "--yes", "--skip-preview", "--refresh");
  forgetOutputs();
  await eventually("both jobs run", requireRunning, { timeout: 60_000 });
}

test.before(async () => {
  for (const [name, value] of Object.entries(settings)) await pulumi("config", "set", name, value);
  await deploy();
});

test.after.always("the settings are as they were", async () => {
  for (const name of [...Object.keys(settings), "taskManagers"]) await pulumi("config", "rm", name);
  await deploy();
});

/**
 * Makes changes until one is in the warehouse although its topic has committed nothing since before it was made.
 *
 * @param change makes a change, and returns what tells whether the warehouse has it
 * @returns how long after it was made it was seen. Milliseconds.
 */
async function seenBeforeItsCommit(
  topic: string,
  change: () => Promise<() => Promise<boolean>>,
): Promise<number> {
  const { value } = await eventually(
    "a change is in the warehouse before its topic has it committed",
    async () => {
      const before = sumOf(await committedEnd(topic));
      const isThere = await change();
      const { after } = await eventually(
        "the change is in the warehouse",
        async () => {
          if (!(await isThere())) throw new Error("not yet");
        },
        { timeout: 30_000, interval: 10 },
      );
      if (sumOf(await committedEnd(topic)) !== before) throw new Error("it may have been committed");
      return after;
    },
    { timeout: 120_000 },
  );
  return value;
}

/** Waits for a moment when the warehouse shows what capture has not committed: a heartbeat, which is no change of the load. */
async function earlyMoment(): Promise<void> {
  await seenBeforeItsCommit(topicOf(heartbeats), async () => {
    const [newest] = await source<{ time: string }>(
      "SELECT CAST(MAX(beaten_at) AS CHAR) AS time FROM heartbeats",
    );
    const query = `SELECT count() FROM heartbeats_realtime WHERE beaten_at > '${newest!.time}'`;
    return async () => (await warehouseNumber(query)) > 0;
  });
}

test("a change is in the warehouse before its topic has it committed, and then it is committed too", async (t) => {
  const before = await committedEnd(ordersTopic);
  const ages: number[] = [];
  const ids: number[] = [];
  while (ages.length < 20) {
    const age = await seenBeforeItsCommit(ordersTopic, async () => {
      const id = await placeOrder();
      ids.push(id);
      return async () =>
        (await warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${id}`)) > 0;
    });
    ages.push(age);
  }
  await eventually(
    "each is committed to its topic",
    async () => {
      const committed = (await committedSince(ordersTopic, before)).map(({ key }) => key);
      for (const id of ids)
        if (!committed.includes(JSON.stringify({ order_id: id }))) throw new Error(`${id} is not`);
    },
    { timeout: 60_000, interval: 1_000 },
  );
  const middle = ages.toSorted((one, other) => one - other)[ages.length / 2]!;
  t.true(middle < 1_000, `half of them took more than ${middle} ms`);
  t.log(`seen after ${Math.round(middle)} ms (median of ${ages.length})`);
});

test("early changes shown, SIGKILL of the TaskManager before their commit", async (t) => {
  await survive(t, {
    inject: async () => {
      await earlyMoment();
      await crash("flink-taskmanager");
    },
  });
});

/** Takes a savepoint of a job that runs on. @returns its folder in the cluster's containers */
async function takeSavepoint(job: string): Promise<string> {
  const { flinkUrl } = await stackOutputs();
  const answer = await fetch(`${flinkUrl}/jobs/${job}/savepoints`, { method: "POST", body: "{}" });
  const { "request-id": request } = (await answer.json()) as { "request-id": string };
  const { value } = await eventually(
    "the savepoint is complete",
    async () => {
      const { operation } = await flink<{ operation?: { location?: string } }>(
        `/jobs/${job}/savepoints/${request}`,
      );
      if (!operation?.location) throw new Error(JSON.stringify(operation));
      return operation.location;
    },
    { timeout: 60_000 },
  );
  return value.replace(/^file:/, "");
}

/** Cancels capture, and takes every newer state away from what it can go on from. */
async function forgetAllSince(savepoint: string, job: string): Promise<void> {
  const { flinkUrl } = await stackOutputs();
  await fetch(`${flinkUrl}/jobs/${job}`, { method: "PATCH" });
  await eventually(
    "capture is cancelled",
    async () => {
      const { state } = await flink<{ state: string }>(`/jobs/${job}`);
      if (state !== "CANCELED") throw new Error(state);
    },
    { timeout: 60_000 },
  );
  const states = `find /opt/flink/state -name _metadata -path '*${job.slice(0, 6)}*' -newer ${savepoint}/_metadata`;
  await inContainer("flink-jobmanager", "bash", "-c", `${states} -delete`);
}

test("early changes shown, capture goes back to an older savepoint", async (t) => {
  const { captureJobId } = await stackOutputs();
  const { duplicates } = await survive(t, {
    comesAgain: true,
    inject: async () => {
      const savepoint = await takeSavepoint(captureJobId);
      const before = sumOf(await committedEnd(ordersTopic));
      await eventually(
        "a thousand records are committed behind the savepoint",
        async () => {
          const records = sumOf(await committedEnd(ordersTopic)) - before;
          if (records < 1_000) throw new Error(`${records} records`);
        },
        { timeout: 60_000 },
      );
      await earlyMoment();
      await forgetAllSince(savepoint, captureJobId);
      await deploy();
    },
    recoverWithin: 240_000,
  });
  t.true(duplicates > 0, "changes came again");
  t.not((await stackOutputs()).captureJobId, captureJobId);
});

test("early changes shown, the TaskManager frozen until another one has replaced it, then going on", async (t) => {
  // The jobs stay where they are: the second one has nothing to do yet.
  await pulumi("config", "set", "taskManagers", "2");
  await deploy();
  await survive(t, {
    inject: async () => {
      await earlyMoment();
      await frozen("flink-taskmanager", async () => {
        const begun = Date.now();
        await eventually(
          "both jobs have started again elsewhere",
          async () => {
            await requireRunning();
            const { captureJobId, syncJobId } = await stackOutputs();
            for (const job of [captureJobId, syncJobId]) {
              const { timestamps } = await flink<{ timestamps: { RUNNING: number } }>(`/jobs/${job}`);
              if (timestamps.RUNNING < begun) throw new Error(`${job} still counts as running there`);
            }
          },
          { timeout: 120_000, interval: 500 },
        );
        await earlyMoment();
      });
    },
    recoverWithin: 180_000,
  });
});

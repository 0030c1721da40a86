import test from "ava";
import { execa } from "execa";
import { rowsTableOf, tables } from "../../components/tables";
import { consumerGroup } from "../../components/sync-job";
import { withAdmin } from "../../tools/lib/kafka";
import { ordersTopic } from "../lib/bulk";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { flink, jobResource, requireRunning } from "../lib/jobs";
import { crash } from "../lib/servers";
import {
  forgetOutputs,
  kafka,
  pulumi,
  source,
  sourceNumber,
  stackName,
  stackOutputs,
  warehouseNumber,
} from "../lib/stack";
import { committedEnd, sizeOf } from "../lib/topic";

/** The capture job's name on the cluster. */
const captureName = "mysql-cdc";

/** Records that the load cannot have made so soon, so a part of them is the snapshot's. */
const partOfSnapshot = 10_000;

/** Takes a job away, with all that it remembers, and submits it anew. */
async function submitAnew(job: "capture" | "sync", between: () => Promise<void>): Promise<void> {
  const { urn } = await jobResource(job);
  await pulumi("destroy", "--yes", "--skip-preview", "--target", urn, "--target-dependents");
  await between();
  await pulumi("up", "--yes", "--skip-preview");
  forgetOutputs();
  await eventually("both jobs run", requireRunning, { timeout: 60_000 });
}

/** Makes the consumer group forget how far it has read, so that a sync job without state begins at the beginning. */
async function forgetOffsets(): Promise<void> {
  await withAdmin(await kafka(), (admin) => admin.deleteGroups([consumerGroup]));
}

/** A table that the load leaves alone: its rows come again only from its topic. */
const users = tables.find(({ table }) => table === "users")!;

for (const time of ["first", "second"]) {
  test(`all topics read from the start again, the ${time} time`, async (t) => {
    let begun = 0;
    await survive(t, {
      inject: async () => {
        begun = Date.now();
        await submitAnew("sync", forgetOffsets);
      },
      recoverWithin: 240_000,
    });
    const all = await sourceNumber(`SELECT COUNT(*) FROM ${users.table}`);
    await eventually(
      "every user was inserted again",
      async () => {
        // Of rows with the same version, the one that was inserted last stays.
        const again = await warehouseNumber(
          `SELECT count() FROM ${rowsTableOf(users)} FINAL WHERE toUnixTimestamp64Milli(_ingested_at) >= ${begun}`,
        );
        if (again !== all) throw new Error(`${again} of ${all}`);
      },
      { timeout: 60_000 },
    );
  });
}

test("topics grow from 3 to 6 partitions, then SIGKILL of the TaskManager", async (t) => {
  await survive(t, {
    inject: async () => {
      await pulumi("config", "set", "partitions", "6");
      await pulumi("up", "--yes", "--skip-preview");
      // Writers and readers find the new partitions when they start again, and else within five minutes.
      await crash("flink-taskmanager");
    },
  });
  t.is([...(await committedEnd(ordersTopic)).values()].filter((end) => end > 0n).length, 6);
});

// Rows that go or move while nobody captures are not in a snapshot that is taken later.
const nothingGoes = { insert: 50, update: 30, status: 20, move: 0, rekey: 0, remove: 0 };

/**
 * Kills the TaskManager when another capture job than that one has written a part of its snapshot. Rows that this part
 * has shown are then gone when it is read again: some of those up to a key.
 */
async function crashDuringSnapshot(oldJob: string, lastOrder: number): Promise<void> {
  const { jobs } = await flink<{ jobs: { jid: string; name: string; state: string }[] }>("/jobs/overview");
  const began = jobs.some(
    ({ jid, name, state }) => name === captureName && jid !== oldJob && state === "RUNNING",
  );
  if (!began) throw new Error("the new capture job does not run yet");
  const before = await sizeOf(ordersTopic);
  await eventually(
    "a part of the snapshot is in the topic",
    async () => {
      const records = (await sizeOf(ordersTopic)) - before;
      if (records < partOfSnapshot) throw new Error(`${records} records`);
    },
    { timeout: 60_000, interval: 20 },
  );
  await crash("flink-taskmanager");
  for (const table of ["order_items", "orders"])
    await source(`DELETE FROM ${table} WHERE order_id % 50 = 7 AND order_id <= ?`, [lastOrder]);
}

test("SIGKILL of the TaskManager during the first snapshot of a new capture", async (t) => {
  const { captureJobId } = await stackOutputs();
  // The load remembers its own rows.
  const lastOrder = await sourceNumber("SELECT MAX(order_id) FROM orders");
  await survive(t, {
    load: { mix: nothingGoes },
    snapshot: true,
    inject: async () => {
      const submitted = submitAnew("capture", async () => undefined);
      const crashed = eventually(
        "the new capture job runs",
        () => crashDuringSnapshot(captureJobId, lastOrder),
        {
          timeout: 240_000,
          interval: 50,
        },
      );
      await Promise.all([submitted, crashed]);
    },
    recoverWithin: 240_000,
  });
  t.not((await stackOutputs()).captureJobId, captureJobId);
});

test("the source's binlog begins again, then another epoch", async (t) => {
  await survive(t, {
    load: { mix: nothingGoes },
    snapshot: true,
    inject: async () => {
      await source("RESET BINARY LOGS AND GTIDS");
      // MySQL counts its transactions anew, so at first capture is sent none, and then stops at a gap or at its start.
      await eventually("`make status` has an alarm", requireAlarm, { timeout: 180_000, interval: 2_000 });
      const epoch = Number(await pulumi("config", "get", "epoch").catch(() => "0"));
      await pulumi("config", "set", "epoch", String(epoch + 1));
      await pulumi("up", "--yes", "--skip-preview", "--refresh");
      forgetOutputs();
    },
    recoverWithin: 240_000,
  });
});

async function requireAlarm(): Promise<void> {
  const status = ["--import", "tsx", "tools/status.ts", "--stack", stackName];
  const { exitCode, stdout } = await execa(process.execPath, status, { reject: false });
  if (exitCode !== 1) throw new Error(stdout);
}

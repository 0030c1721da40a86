import test from "ava";
import { execa } from "execa";
import { heartbeats, topicOf } from "../../components/tables";
import { transactionalIdPrefix } from "../../components/capture-job";
import { readJob } from "../../tools/lib/flink";
import { ordersTopic } from "../lib/bulk";
import { leaveOpen, neverCommitted } from "../lib/dead-producer";
import { eventually } from "../lib/eventually";
import { failureOfCapture } from "../lib/jobs";
import { orderArrives } from "../lib/rows";
import {
  container,
  docker,
  forgetOutputs,
  inContainer,
  placeOrder,
  pulumi,
  source,
  stackName,
  stackOutputs,
  warehouseNumber,
} from "../lib/stack";
import { committedEnd } from "../lib/topic";
import { verify } from "../lib/verify";

const topic = topicOf(heartbeats);
const left = `${transactionalIdPrefix}-0-900000`;

/** A record that a reader sees. */
interface Seen {
  readonly offset: number;
  readonly value: string;
}

/** What a reader of committed records sees in the topic's first partition until nothing more comes for a few seconds. */
async function committed(): Promise<Seen[]> {
  const { stdout, stderr } = await execa("docker", [
    ...["exec", await container("kafka"), "kafka-console-consumer", "--bootstrap-server", "kafka:9092"],
    ...["--topic", topic, "--partition", "0", "--offset", "earliest"],
    ...["--isolation-level", "read_committed", "--timeout-ms", "5000"],
    ...["--formatter-property", "print.offset=true"],
  ]);
  // It calls every end a success, whatever has ended it.
  if (!/TimeoutException/.test(stderr)) throw new Error(`the reader did not wait in vain: ${stderr}`);
  const lines = stdout.matchAll(/^Offset:(\d+)\t(.*)$/gm);
  return [...lines].map(([, offset, value]) => ({ offset: Number(offset), value: value! }));
}

/** Where the topic's first partition ends, whatever is open in it. */
async function end(): Promise<number> {
  const offsets = ["kafka-get-offsets", "--bootstrap-server", "kafka:9092", "--topic", topic];
  return Number(/:0:(\d+)/.exec(await inContainer("kafka", ...offsets))![1]);
}

test("`make status` names a foreign producer's open transaction after a minute, and an operator ends it", async (t) => {
  const transactionalId = `foreign-${Date.now()}`;
  const partitions = [...(await committedEnd(ordersTopic)).keys()];
  await leaveOpen({ transactionalId, topic: ordersTopic, partitions, timeout: 900_000 });
  const id = await placeOrder();
  const status = ["--import", "tsx", "tools/status.ts", "--stack", stackName];
  const { value: output } = await eventually(
    "the transaction is an alarm",
    async () => {
      const { exitCode, stdout } = await execa(process.execPath, status, { reject: false });
      if (exitCode !== 1 || !stdout.includes(transactionalId)) throw new Error(stdout);
      return stdout;
    },
    { timeout: 150_000, interval: 5_000 },
  );
  t.regex(output, new RegExp(`${transactionalId}, which is not capture's, has been open for`));
  t.is(await warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${id}`), 0);
  await inContainer(
    "kafka",
    ...["kafka-transactions", "--bootstrap-server", "kafka:9092"],
    ...["forceTerminateTransaction", "--transactionalId", transactionalId],
  );
  await orderArrives(id, 30_000);
});

test("capture stops for good at a TRUNCATE, and names it and the way on", async (t) => {
  await source(`TRUNCATE TABLE ${heartbeats.table}`);
  const failure = await failureOfCapture();
  t.regex(failure, /TRUNCATE TABLE heartbeats/i);
  t.regex(failure, /setting `snapshot`/);
});

test("a transaction that a dead producer left keeps the readers waiting", async (t) => {
  const before = await end();
  await leaveOpen({ transactionalId: left, topic, partitions: [0], timeout: 900_000 });
  t.true((await end()) > before);
  const seen = await committed();
  t.true(seen.length > 0, "the reader reads");
  t.deepEqual(
    seen.filter(({ offset }) => offset >= before),
    [],
  );
  const listing = await inContainer(
    "kafka",
    ...["kafka-transactions", "--bootstrap-server", "kafka:9092", "list"],
  );
  t.regex(listing, new RegExp(`${left}\\s+\\S+\\s+\\S+\\s+Ongoing`));
});

test("a raised `snapshot` starts capture without its saved state, and frees the readers", async (t) => {
  const before = await end();
  const since = new Date().toISOString();
  await pulumi("config", "set", "snapshot", String(Math.floor(Date.now() / 1_000) % 1_000_000));
  await pulumi("up", "--yes", "--skip-preview", "--refresh");
  forgetOutputs();
  const { flinkUrl, captureJobId } = await stackOutputs();
  t.is((await readJob(flinkUrl, captureJobId)).state, "RUNNING");
  const log = await docker("logs", "--since", since, await container("flink-jobmanager"));
  t.regex(log, new RegExp(`aborted open transactions: \\[${left}\\]`));
  await eventually(
    "readers see committed records again",
    async () => {
      const seen = await committed();
      if (!seen.some(({ offset }) => offset >= before)) throw new Error("none");
      if (seen.some(({ value }) => value === neverCommitted))
        throw new Error("they see what was never committed");
    },
    { timeout: 60_000 },
  );
});

test("afterwards changes arrive as before", async (t) => {
  const id = await placeOrder();
  await orderArrives(id, 30_000);
  t.is(await warehouseNumber("SELECT count() FROM users_realtime WHERE user_id <= 1000"), 1000);
});

test("refresh and another `up` find nothing to do", async (t) => {
  const output = await pulumi("up", "--yes", "--skip-preview", "--refresh");
  t.notRegex(output, /\d+ (updated|replaced|created|deleted)/);
});

test("both sides are the same", async (t) => {
  const { exitCode, comparison } = await verify();
  t.is(exitCode, 0, JSON.stringify(comparison));
});

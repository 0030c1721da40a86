import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import anyTest, { type TestFn } from "ava";
import type { UpdateFailure } from "../../components/flink-job/attempt";
import { temporaryError } from "../../components/flink-job/failures";
import { isOwn, newJobId, runsContent, submittedAt } from "../../components/flink-job/job-id";
import { createJob, deleteJob, readJob, updateJob } from "../../components/flink-job/lifecycle";
import type { JobSpec, World } from "../../components/flink-job/model";
import type { Timeouts } from "../../components/flink-job/settings";
import { worldOf } from "../../components/flink-job/world";
import { FakeJobManager, type Behaviour } from "../lib/fake-job-manager";

interface Context {
  manager: FakeJobManager;
  folder: string;
  /** Files of two versions of a jar. */
  jars: Record<"old" | "new", { jar: string; jarHash: string }>;
  spec: JobSpec;
  world: World;
  /** What the user would be told. */
  log: string[];
}

const test = anyTest as TestFn<Context>;

/** Bounds that a busy machine does not reach; those that are meant to run out are set short in their tests. */
const patience: Partial<Timeouts> = {
  reachableMs: 60_000,
  refreshReachableMs: 200,
  deleteReachableMs: 200,
  requestMs: 60_000,
  submitMs: 60_000,
  firstCheckpointMs: 60_000,
  savepointMs: 60_000,
  cancelMs: 60_000,
  settleMs: 60_000,
  pollMs: 10,
};

test.beforeEach(async (t) => {
  const manager = await FakeJobManager.start();
  const folder = await mkdtemp(join(tmpdir(), "flink-job-"));
  const jars = { old: await writeJar(folder, "old"), new: await writeJar(folder, "new") };
  const spec = {
    name: "capture",
    cluster: { rest: manager.url, container: "flink-jobmanager" },
    ...jars.old,
    args: ["--epoch", "0"],
    parallelism: 1,
    savepointDir: "file:///state/savepoints",
    timeouts: patience,
  };
  const log: string[] = [];
  t.context = { manager, folder, jars, spec, log, world: worldIn(manager, spec, log) };
});

test.afterEach.always(async (t) => {
  await t.context.manager.stop();
  await rm(t.context.folder, { recursive: true });
});

async function writeJar(folder: string, content: string) {
  const jar = join(folder, `${content}.jar`);
  await writeFile(jar, content);
  return { jar, jarHash: createHash("sha256").update(content).digest("hex") };
}

/** The real client, with the fake's volume to look into and the log to read. */
function worldIn(manager: FakeJobManager, spec: JobSpec, log: string[]): World {
  return {
    ...worldOf(spec),
    listMetadata: (directories) =>
      Promise.resolve(
        manager.volume().filter(({ path }) => directories.some((folder) => path.startsWith(folder))),
      ),
    log: (message) => log.push(message),
  };
}

/** The new jar, and how jobs of it behave; the old one stays healthy. */
function newVersion({ manager, jars, spec }: Context, behaviour: Behaviour = {}): JobSpec {
  manager.behaviourOf = ({ jar }) => (jar === "new" ? behaviour : {});
  return { ...spec, ...jars.new };
}

function newestOnVolume(manager: FakeJobManager, jobId = ""): string {
  const files = manager.volume().filter(({ path }) => path.includes(jobId));
  const [newest] = files.sort((a, b) => b.modifiedAt - a.modifiedAt);
  return `file:${newest?.path.replace("/_metadata", "")}`;
}

/** Cancels a job; it is gone as soon as somebody has seen it being cancelled. */
async function cancelUntilSeen({ manager, world }: Context, jobId: string): Promise<void> {
  const { jobs } = world.flink;
  manager.behave(jobId, { cancelMs: Infinity });
  await world.flink.cancel(jobId);
  world.flink.jobs = async () => {
    const seen = await jobs();
    manager.endJob(jobId, "CANCELED");
    return seen;
  };
}

const trace = (message: string) =>
  `org.apache.flink.runtime.JobException: Recovery is suppressed\n\tat a.B.c(B.java:1)\nCaused by: ${message}\n\tat d.E.f(E.java:2)`;

// Create

test("only a job that says so may lose state that no operator claims", async (t) => {
  const { manager, spec, world } = t.context;
  await createJob(world, { ...spec, dropsUnclaimedState: true });
  t.true(manager.submissions[0]?.allowNonRestoredState);
});

test("create submits the job once and is done when it runs and has completed a checkpoint", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  t.is(manager.submissions.length, 1);
  const submission = manager.submissions[0];
  t.like(submission, { jar: "old", args: ["--epoch", "0"], parallelism: 1, savepointPath: undefined });
  t.false(submission?.allowNonRestoredState);
  t.is(record.jobId, submission?.jobId ?? "");
  t.like(record, {
    state: "RUNNING",
    restoredFrom: "",
    checkpointDir: "file:/state/checkpoints",
    drift: undefined,
  });
});

test("create asks for the job's name and for checkpoints that outlive a cancel", async (t) => {
  await createJob(t.context.world, t.context.spec);
  t.deepEqual(t.context.manager.submissions[0]?.configuration, {
    "pipeline.name": "capture",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
  });
});

test("create leaves no uploaded jar behind", async (t) => {
  await createJob(t.context.world, t.context.spec);
  t.is(t.context.manager.jars.size, 0);
});

test("create waits for a slow first checkpoint", async (t) => {
  t.context.manager.behaviourOf = () => ({ checkpointEveryMs: 400 });
  const before = Date.now();
  await createJob(t.context.world, t.context.spec);
  t.true(Date.now() - before >= 400);
});

test("create gives up a job without a checkpoint, says what it saw, and leaves nothing running", async (t) => {
  const { manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ checkpointEveryMs: Infinity });
  world.timeouts.firstCheckpointMs = 50;
  await t.throwsAsync(createJob(world, spec), {
    message: /^Waited 0 s for job "capture" .*Last seen: all tasks running, no checkpoint yet$/,
  });
  t.deepEqual(manager.running(), []);
});

test("create fails with the root cause of a job that dies at once", async (t) => {
  t.context.manager.behaviourOf = () => ({
    failsWith: trace("java.sql.SQLException: Access denied for 'capture'"),
  });
  await t.throwsAsync(createJob(t.context.world, t.context.spec), {
    message: /ended at once: FAILED\. The job says: Access denied for 'capture' \(SQLException\)$/,
  });
});

test("create names the failure of a job that restarts over and over, and cancels it", async (t) => {
  const { manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ restartsForever: true });
  world.timeouts.firstCheckpointMs = 50;
  await t.throwsAsync(createJob(world, spec), {
    message: /Last seen: RESTARTING, 0 of 3 tasks running, 3 of 4 slots free$/,
  });
  t.deepEqual(manager.running(), []);
});

test("create waits for a JobManager that is electing a leader", async (t) => {
  const { manager, spec, world } = t.context;
  manager.electing = true;
  setTimeout(() => (manager.electing = false), 100);
  await createJob(world, spec);
  t.is(manager.submissions.length, 1);
});

test("create with a dead cluster ends and says that nobody answers", async (t) => {
  const { manager, spec, world } = t.context;
  await manager.stop();
  world.timeouts.reachableMs = 50;
  await t.throwsAsync(createJob(world, spec), {
    message:
      /^Waited 0 s for the JobManager to answer\. Last seen: no answer from Flink: .*ECONNREFUSED.*\(GET http/,
  });
});

for (const delay of [0, 100]) {
  test(`a submission whose answer is lost is not sent twice, accepted ${delay} ms later`, async (t) => {
    const { manager, spec, world } = t.context;
    manager.losesNextAnswerFor = delay;
    await createJob(world, spec);
    t.is(manager.submissions.length, 1);
    t.regex(t.context.log.join(), /was accepted although its submission was not answered/);
  });
}

test("a submission that was lost with its answer fails, and nothing is started instead", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.losesNextAnswerFor = 60_000;
  world.timeouts.submitMs = 100;
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, newVersion(t.context)));
  t.regex(
    failure?.message ?? "",
    /to be accepted\. Last seen: no answer from Flink: .*\(POST.*It may still come/,
  );
  t.truthy(failure?.record.drift);
  t.is(manager.submissions.length, 1);
});

test("a submission that the JobManager gave up waiting for itself is looked for", async (t) => {
  const { manager, spec, world, log } = t.context;
  manager.timesOutNext = true;
  await createJob(world, spec);
  t.is(manager.submissions.length, 1);
  t.regex(log.join(), /was accepted although its submission was not answered/);
});

test("a submission that nobody took is sent again", async (t) => {
  const { manager, spec, world } = t.context;
  manager.refusesNext = /^POST .*\/run$/;
  await createJob(world, spec);
  t.is(manager.submissions.length, 1);
});

test("a submission that an outage has ended is sent again", async (t) => {
  const { manager, spec, world } = t.context;
  const { run } = world.flink;
  let requests = 0;
  world.flink.run = async (...request) => {
    if (++requests > 1) return run(...request);
    manager.refusesNext = /^GET \/jobs\/overview$/;
    throw temporaryError("the connection broke");
  };
  await createJob(world, spec);
  t.is(requests, 2);
  t.is(manager.submissions.length, 1);
});

test("a submission that turns out to be the second of its job is fine", async (t) => {
  const { spec, world } = t.context;
  const { run } = world.flink;
  world.flink.run = async (...request) => {
    await run(...request);
    await run(...request);
  };
  await t.notThrowsAsync(createJob(world, spec));
});

test("a job that another run submits while the jar is uploaded is left alone", async (t) => {
  const { manager, spec, world } = t.context;
  const other = newJobId(spec, Date.now());
  const { uploadJar } = world.flink;
  world.flink.uploadJar = async (path, name) => {
    manager.addForeignJob("capture", other);
    return uploadJar(path, name);
  };
  await t.throwsAsync(createJob(world, spec), {
    message: /Another run has submitted job "capture".*gives way/,
  });
  t.is(manager.submissions.length, 0);
  t.is(manager.jars.size, 0);
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [other],
  );
});

test("where a killed run's job appears late, the younger one gives way and nothing is started instead", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const other = newJobId(spec, Date.now());
  const next = newVersion(t.context);
  manager.behaviourOf = () => {
    manager.addForeignJob("capture", other);
    return { checkpointEveryMs: Infinity };
  };
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, next));
  t.regex(failure?.message ?? "", /Another run has submitted job "capture".*gives way/);
  t.truthy(failure?.record.drift);
  t.is(manager.submissions.length, 2);
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [other],
  );
});

test("create takes over the same job that a crashed run left behind", async (t) => {
  const { manager, spec, world } = t.context;
  const lost = await createJob(world, spec);
  const record = await createJob(world, spec);
  t.is(record.jobId, lost.jobId);
  t.is(manager.submissions.length, 1);
});

test("create resumes from another version that a crashed run left behind", async (t) => {
  const { manager, world } = t.context;
  const lost = await createJob(world, t.context.spec);
  const record = await createJob(world, newVersion(t.context));
  t.is(manager.stops[0]?.jobId, lost.jobId);
  t.is(record.restoredFrom, `file:/state/savepoints/savepoint-${lost.jobId.slice(0, 6)}-0123456789ab`);
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [record.jobId],
  );
});

test("create resumes from where a left job began that has no checkpoint of its own", async (t) => {
  const { jars, manager, spec, world } = t.context;
  const first = await createJob(world, spec);
  await world.flink.stopWithSavepoint(first.jobId, "a".repeat(32), spec.savepointDir);
  const savepointPath = newestOnVolume(manager, "savepoint-");
  manager.behaviourOf = ({ parallelism }) => (parallelism === 2 ? { restartsForever: true } : {});
  const jobId = newJobId({ ...spec, parallelism: 2 }, Date.now() + 100);
  await world.flink.run(await world.flink.uploadJar(jars.old.jar, "left.jar"), {
    ...{ jobId, name: "capture", args: [], parallelism: 2, savepointPath, dropsUnclaimedState: false },
  });
  t.is((await createJob(world, spec)).restoredFrom, savepointPath);
});

test("create starts over in the place of a left job that has never saved anything", async (t) => {
  const { jars, manager, spec, world } = t.context;
  manager.behaviourOf = ({ parallelism }) => (parallelism === 2 ? { restartsForever: true } : {});
  await world.flink.run(await world.flink.uploadJar(jars.old.jar, "left.jar"), {
    ...{ jobId: newJobId({ ...spec, parallelism: 2 }, Date.now()), name: "capture", args: [] },
    ...{ parallelism: 2, dropsUnclaimedState: false },
  });
  world.timeouts.reachableMs = 1_000;
  const record = await createJob(world, spec);
  t.is(record.restoredFrom, "");
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [record.jobId],
  );
});

test("where create fails in the place of a left job, what that has saved is not forgotten", async (t) => {
  const { manager, world } = t.context;
  await createJob(world, t.context.spec);
  const spec = newVersion(t.context, { failsWith: trace("java.lang.Error: broken") });
  const failure = await t.throwsAsync<UpdateFailure>(createJob(world, spec));
  const savepoint = newestOnVolume(manager, "savepoint-");
  t.true(failure?.message.includes(`could not be started again from ${savepoint}. `), failure?.message);

  manager.behaviourOf = () => ({});
  manager.forgetJobs();
  t.is((await updateJob(world, failure?.record, spec)).restoredFrom, savepoint);
});

test("create tells of what a job has saved that is gone and nobody recorded", async (t) => {
  const { manager, spec, world, log } = t.context;
  await createJob(world, spec);
  t.notRegex(log.join(), /has left some/);
  const { jobId } = await createJob(world, spec);
  await world.flink.cancel(jobId);
  await createJob(world, spec);
  t.is(manager.submissions.length, 2);
  t.true(
    log.join().includes(`an earlier one has left some, in ${newestOnVolume(manager, jobId)}`),
    log.join("\n"),
  );
});

test("create goes on in the place of a left job that is just being cancelled", async (t) => {
  const { manager, spec, world } = t.context;
  const lost = await createJob(world, spec);
  await cancelUntilSeen(t.context, lost.jobId);
  const record = await createJob(world, spec);
  t.is(record.restoredFrom, newestOnVolume(manager, lost.jobId));
});

test("create refuses a job of its name that somebody else submitted", async (t) => {
  const { manager, spec, world } = t.context;
  manager.addForeignJob("capture");
  await t.throwsAsync(createJob(world, spec), {
    message: /was not submitted by this stack.*flink cancel f{32}$/,
  });
  t.is(manager.submissions.length, 0);
});

test("create refuses a jar that gives its job another name", async (t) => {
  const { manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ name: "MySQL CDC" });
  await t.throwsAsync(createJob(world, spec), { message: /runs its job as "MySQL CDC".*called "capture"/ });
  t.deepEqual(manager.running(), []);
});

test("create refuses a missing jar and one that is not what was asked for, before it asks the cluster", async (t) => {
  const { jars, manager, spec, world } = t.context;
  await manager.stop();
  await t.throwsAsync(createJob(world, { ...spec, jar: "/nowhere.jar" }), {
    message: /\/nowhere\.jar, is missing/,
  });
  await t.throwsAsync(createJob(world, { ...spec, jar: jars.new.jar }), { message: /its SHA-256 differs/ });
});

// Refresh

test("refresh finds nothing to say of a healthy job", async (t) => {
  const record = await createJob(t.context.world, t.context.spec);
  t.deepEqual(await readJob(t.context.world, record), record);
});

for (const state of ["CANCELED", "FAILED", "FINISHED"] as const) {
  test(`refresh marks a job that is ${state}`, async (t) => {
    const { manager, spec, world } = t.context;
    const record = await createJob(world, spec);
    manager.endJob(record.jobId, state);
    const seen = await readJob(world, record);
    t.like(seen, { state, drift: `job ${record.jobId} is ${state}` });
  });
}

test("refresh marks a job that the cluster has forgotten", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.forgetJobs();
  const seen = await readJob(world, record);
  t.like(seen, { state: "MISSING", drift: `the cluster does not know job ${record.jobId} any more` });
});

test("refresh marks a job that is doubled", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.addForeignJob("capture");
  t.regex((await readJob(world, record)).drift ?? "", /is doubled by f{32}$/);
});

test("refresh waits for the end of a job that is being cancelled", async (t) => {
  const { manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ cancelMs: 100 });
  const record = await createJob(world, spec);
  await world.flink.cancel(record.jobId);
  t.is((await readJob(world, record)).state, "CANCELED");
});

for (const state of ["FAILING", "SUSPENDED"] as const) {
  test(`refresh marks a job that stays ${state}`, async (t) => {
    const { manager, spec, world } = t.context;
    const record = await createJob(world, spec);
    manager.holdJob(record.jobId, state);
    world.timeouts.settleMs = 50;
    t.like(await readJob(world, record), { state, drift: `job ${record.jobId} is ${state}` });
  });
}

test("refresh does not mark a job that Flink is restarting itself", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.haltJob(record.jobId);
  const seen = await readJob(world, record);
  t.is(seen.state, "RESTARTING");
  t.is(seen.drift, undefined);
});

test("refresh clears the mark of a job that is well again", async (t) => {
  const record = await createJob(t.context.world, t.context.spec);
  t.is((await readJob(t.context.world, { ...record, drift: "it was gone" })).drift, undefined);
});

test("refresh keeps the state as it was when the cluster does not answer, and says so", async (t) => {
  const { manager, spec, world, log } = t.context;
  const record = await createJob(world, spec);
  await manager.stop();
  t.deepEqual(await readJob(world, record), record);
  t.regex(log.join(), /could not be looked at, so its state is kept as it was/);
});

// Update

test("an update stops the job with a savepoint, without draining, and resumes the new jar from it", async (t) => {
  const { manager, world } = t.context;
  const record = await createJob(world, t.context.spec);
  const updated = await updateJob(world, record, newVersion(t.context));
  t.deepEqual(manager.stops, [
    { jobId: record.jobId, drain: false, targetDirectory: "file:///state/savepoints" },
  ]);
  t.like(manager.submissions[1], {
    jar: "new",
    savepointPath: updated.restoredFrom,
    allowNonRestoredState: false,
  });
  t.regex(updated.restoredFrom, /^file:\/state\/savepoints\/savepoint-/);
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [updated.jobId],
  );
});

test("a stop that nobody took is asked for again", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.refusesNext = /^POST .*\/stop$/;
  const updated = await updateJob(world, record, newVersion(t.context));
  t.regex(updated.restoredFrom, /savepoint-/);
});

test("a stop whose answer is lost is asked for again, and is still one", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const { stopWithSavepoint } = world.flink;
  let requests = 0;
  world.flink.stopWithSavepoint = async (...request) => {
    await stopWithSavepoint(...request);
    if (++requests === 1) throw temporaryError("the connection broke");
  };
  const updated = await updateJob(world, record, newVersion(t.context));
  t.regex(updated.restoredFrom, /savepoint-/);
  t.is(requests, 2);
  t.is(manager.stops.length, 1);
});

const restarts = test.macro({
  exec: async (t, change: Partial<JobSpec>) => {
    const { manager, spec, world } = t.context;
    const record = await createJob(world, spec);
    const updated = await updateJob(world, record, { ...spec, ...change });
    t.not(updated.jobId, record.jobId);
    t.is(manager.stops.length, 1);
    t.like(manager.submissions[1], { jar: "old", args: change.args ?? spec.args, ...change });
  },
  title: (what = "") => `${what} goes through a savepoint`,
});
test("a change of arguments", restarts, { args: ["--epoch", "1"] });
test("a change of parallelism", restarts, { parallelism: 2 });

test("another generation starts without saved state, after the old one has finished what it had begun", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, { ...spec, generation: "epoch 0" });
  const updated = await updateJob(world, record, { ...spec, generation: "epoch 1" });
  t.is(manager.stops.length, 1);
  t.is(manager.submissions[1]?.savepointPath, undefined);
  t.is(updated.restoredFrom, "");
  t.is(updated.generation, "epoch 1");
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [updated.jobId],
  );
});

test("what an earlier generation saved is not gone back to", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, { ...spec, generation: "epoch 0" });
  const updated = await updateJob(world, record, { ...spec, generation: "epoch 1" });
  t.true(updated.since > record.since);
  manager.endJob(updated.jobId, "FAILED");
  const repaired = await updateJob(world, await readJob(world, updated), { ...spec, generation: "epoch 1" });
  t.true(repaired.restoredFrom.includes(updated.jobId), repaired.restoredFrom);
});

test("a job that failed for good gets out of its wall by another generation", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, { ...spec, generation: "snapshot 0" });
  manager.endJob(record.jobId, "FAILED");
  const updated = await updateJob(world, await readJob(world, record), { ...spec, generation: "snapshot 1" });
  t.is(manager.submissions[1]?.savepointPath, undefined);
  t.is(updated.drift, undefined);
});

test("where a new generation fails, the old one goes on from its savepoint", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, { ...spec, generation: "epoch 0" });
  manager.behaviourOf = ({ savepointPath }) => (savepointPath ? {} : { failsWith: "java.lang.Error: no" });
  const { record: now } = await t.throwsAsync<UpdateFailure>(
    updateJob(world, record, { ...spec, generation: "epoch 1" }),
  );
  t.is(now.generation, "epoch 0");
  t.regex(now.restoredFrom, /savepoint-/);
  t.is(manager.running().length, 1);
});

test("another generation that a crashed run has started is kept", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, { ...spec, generation: "epoch 0" });
  const next = { ...spec, generation: "epoch 1" };
  const lost = await updateJob(world, record, next);
  t.deepEqual(await updateJob(world, record, next), { ...lost, since: submittedAt(lost.jobId) });
  t.is(manager.submissions.length, 2);
});

test("a left job of another generation is not resumed", async (t) => {
  const { manager, spec, world } = t.context;
  const lost = await createJob(world, { ...spec, generation: "epoch 0" });
  const record = await createJob(world, { ...spec, generation: "epoch 1" });
  t.is(manager.stops[0]?.jobId, lost.jobId);
  t.is(manager.submissions[1]?.savepointPath, undefined);
  t.true(record.since > submittedAt(lost.jobId));
});

test("a left job of the same generation is resumed", async (t) => {
  const { manager, world } = t.context;
  await createJob(world, { ...t.context.spec, generation: "epoch 0" });
  await createJob(world, { ...newVersion(t.context), generation: "epoch 0" });
  t.regex(manager.submissions[1]?.savepointPath ?? "", /savepoint-/);
});

test("a record from before there were generations is no reason to start without saved state", async (t) => {
  const { spec, world } = t.context;
  const record = await createJob(world, spec);
  const updated = await updateJob(world, record, { ...spec, generation: "epoch 0" });
  t.regex(updated.restoredFrom, /savepoint-/);
  t.is(updated.generation, "epoch 0");
});

test("an update that changes nothing of the job leaves it running", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const updated = await updateJob(world, record, { ...spec, savepointDir: "file:///state/elsewhere" });
  t.deepEqual(updated, { ...record, savepointDir: "file:///state/elsewhere" });
  t.is(manager.submissions.length, 1);
});

for (const state of ["CANCELED", "FAILED"] as const) {
  test(`a ${state} job is repaired from its newest retained checkpoint`, async (t) => {
    const { manager, spec, world, log } = t.context;
    const record = await createJob(world, spec);
    manager.endJob(record.jobId, state);
    const newest = newestOnVolume(manager);
    const repaired = await updateJob(world, await readJob(world, record), spec);
    t.is(repaired.restoredFrom, newest);
    t.is(repaired.drift, undefined);
    t.regex(log.join(), /falls back to its newest retained state, .*, \d+ s old/);
  });
}

test("a job that is just being cancelled is repaired when it is gone", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  await cancelUntilSeen(t.context, record.jobId);
  const repaired = await updateJob(world, record, spec);
  t.is(repaired.restoredFrom, newestOnVolume(manager, record.jobId));
});

test("a job that the cluster has forgotten is repaired from the volume", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.forgetJobs();
  const newest = newestOnVolume(manager);
  const repaired = await updateJob(world, await readJob(world, record), spec);
  t.is(repaired.restoredFrom, newest);
  t.is(manager.running().length, 1);
});

test("where no container mounts the volume, the cluster's memory tells the newest checkpoint", async (t) => {
  const { manager, spec, world, log } = t.context;
  world.listMetadata = () => Promise.resolve(undefined);
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "CANCELED");
  const newest = newestOnVolume(manager);
  const repaired = await updateJob(world, await readJob(world, record), spec);
  t.is(repaired.restoredFrom, newest);
  t.regex(log.join(), /no container is known that mounts the checkpoints/);
});

test("where no container mounts the volume, a cluster without memory is no reason to start from the very beginning", async (t) => {
  const { manager, spec, world } = t.context;
  world.listMetadata = () => Promise.resolve(undefined);
  const record = await createJob(world, { ...spec, cluster: { rest: manager.url } });
  manager.forgetJobs();
  await t.throwsAsync(updateJob(world, record, spec), {
    message: /^The cluster remembers no .* give `cluster` the name of a `container` that mounts it/,
  });
});

test("a look at the volume that fails is repeated", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "FAILED");
  const { listMetadata } = world;
  let looks = 0;
  world.listMetadata = (directories) =>
    ++looks === 1 ? Promise.reject(temporaryError("no answer in time")) : listMetadata(directories);
  t.is((await updateJob(world, record, spec)).restoredFrom, newestOnVolume(manager, record.jobId));
});

test("where the volume cannot be looked into, the reason is told and nothing is started", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "FAILED");
  world.listMetadata = () => Promise.reject(temporaryError("find: /state: Permission denied"));
  world.timeouts.reachableMs = 50;
  await t.throwsAsync(updateJob(world, record, spec), {
    message:
      /a look at the checkpoint volume\. Last seen: find: \/state: Permission denied\. Only there is to be seen/,
  });
  t.is(manager.submissions.length, 1);
});

test("a run that died between savepoint and submission is finished from that savepoint", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  await world.flink.stopWithSavepoint(record.jobId, "a".repeat(32), spec.savepointDir);
  manager.forgetJobs();
  const updated = await updateJob(world, record, newVersion(t.context));
  t.regex(updated.restoredFrom, /savepoint-/);
});

test("a run that died after its submission finds its job and keeps it", async (t) => {
  const { manager, world } = t.context;
  const record = await createJob(world, t.context.spec);
  const spec = newVersion(t.context);
  const lost = await updateJob(world, record, spec);
  const updated = await updateJob(world, record, spec);
  t.deepEqual(updated, lost);
  t.is(manager.submissions.length, 2);
});

test("without any checkpoint the job is not started over in silence", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.forgetJobs();
  manager.wipeVolume();
  await t.throwsAsync(updateJob(world, record, spec), {
    message: /No savepoint or retained checkpoint of job "capture" since .*--replace <URN>.*--show-urns/,
  });
  t.is(manager.submissions.length, 1);
});

test("a job with generations is started over by another one, as the message says", async (t) => {
  const { manager, world } = t.context;
  const spec = { ...t.context.spec, generation: "snapshot 0" };
  const record = await createJob(world, spec);
  manager.forgetJobs();
  manager.wipeVolume();
  await t.throwsAsync(updateJob(world, record, spec), { message: /raise the setting `snapshot`$/ });
  t.is((await updateJob(world, record, { ...spec, generation: "snapshot 1" })).restoredFrom, "");
});

test("checkpoints from before the job was made are not its own", async (t) => {
  const { manager, spec, world } = t.context;
  const former = await createJob(world, spec);
  await deleteJob(world, former);
  const record = { ...former, since: Date.now() };
  manager.forgetJobs();
  await t.throwsAsync(updateJob(world, record, spec), { message: /No savepoint or retained checkpoint/ });
});

test("a job that cannot take a savepoint goes on from its newest checkpoint", async (t) => {
  const { manager, world, log } = t.context;
  const record = await createJob(world, t.context.spec);
  manager.haltJob(record.jobId);
  const newest = newestOnVolume(manager);
  const updated = await updateJob(world, record, newVersion(t.context));
  t.is(updated.restoredFrom, newest);
  t.regex(log.join(), /RESTARTING with 0 of 3 tasks running, so it cannot take a savepoint/);
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [updated.jobId],
  );
});

for (const savepoint of ["fails", "hangs"] as const) {
  test(`a job whose savepoint ${savepoint} goes on from its newest checkpoint`, async (t) => {
    const { manager, spec, world, log } = t.context;
    manager.behaviourOf = () => ({ savepoint });
    const record = await createJob(world, spec);
    world.timeouts.savepointMs = 50;
    const updated = await updateJob(world, record, newVersion(t.context));
    t.regex(updated.restoredFrom, /\/chk-\d+$/);
    t.regex(log.join(), /could not be stopped with a savepoint: (The disk is full|Waited)/);
    t.deepEqual(
      manager.running().map(({ id }) => id),
      [updated.jobId],
    );
  });
}

test("a checkpoint that came not to count is not gone on from, though it is the newest on the volume", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const { undone, restored } = manager.undoCheckpoint(record.jobId);
  t.is(newestOnVolume(manager), undone);
  const updated = await updateJob(world, record, newVersion(t.context));
  t.is(updated.restoredFrom, restored);
});

test("a savepoint that came not to count is not gone on from", async (t) => {
  const { manager, spec, world, log } = t.context;
  manager.behaviourOf = () => ({ savepoint: "undone" });
  const record = await createJob(world, spec);
  const updated = await updateJob(world, record, newVersion(t.context));
  t.regex(updated.restoredFrom, new RegExp(`/${record.jobId}/chk-\\d+$`));
  t.regex(log.join(), /could not be stopped with a savepoint: Flink refused: Not found/);
});

test("a job without savepoint or checkpoint is not cancelled for an update", async (t) => {
  const { manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ savepoint: "fails" });
  const record = await createJob(world, spec);
  world.listMetadata = () => Promise.resolve([]);
  await t.throwsAsync(updateJob(world, record, newVersion(t.context)), {
    message: /No savepoint or retained checkp/,
  });
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [record.jobId],
  );
});

test("an update that fails half-way is written down, so that the next one looks after the job", async (t) => {
  const { manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ savepoint: "fails", cancelMs: Infinity });
  const record = await createJob(world, spec);
  world.timeouts.cancelMs = 50;
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, newVersion(t.context)));
  t.regex(failure?.record.drift ?? "", /^the last update failed: Waited 0 s for job .* to be gone/);
  t.like(failure?.record, { ...spec, jobId: record.jobId });
});

test("a new version that fails is cancelled, and the old one runs again from the same savepoint", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const broken = newVersion(t.context, {
    failsWith: trace("java.lang.IllegalStateException: no such column: price"),
  });
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, broken));
  t.regex(
    failure?.message ?? "",
    /^The new version .* failed, so the old one runs again\. .*no such column: price/s,
  );

  const [, second, third] = manager.submissions;
  t.is(second?.jar, "new");
  t.is(third?.jar, "old");
  t.is(third?.savepointPath, second?.savepointPath);
  t.like(failure?.record, { ...spec, jobId: third?.jobId, state: "RUNNING" });
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [third?.jobId],
  );
});

test("a new version that failed after a checkpoint is not gone back from, and the next run goes on from there", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const next = newVersion(t.context);
  const { checkpoints } = world.flink;
  world.flink.checkpoints = async (jobId) => {
    if (jobId === record.jobId) return checkpoints(jobId);
    // It has one before anybody looks.
    while ((await checkpoints(jobId)).latestCheckpoint === undefined);
    manager.endJob(jobId, "FAILED", trace("java.lang.Error: broken"));
    return {};
  };
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, next));
  t.regex(
    failure?.message ?? "",
    /not before it had completed a checkpoint.*next `pulumi up` goes on.*broken/s,
  );
  t.is(manager.submissions.length, 2);
  const reached = newestOnVolume(manager);
  t.true(reached.includes(manager.submissions[1]?.jobId ?? "?"));

  world.flink.checkpoints = checkpoints;
  t.is((await updateJob(world, failure?.record, next)).restoredFrom, reached);
});

test("a first start that failed after a checkpoint is gone on from by the next run", async (t) => {
  const { manager, spec, world } = t.context;
  const { checkpoints } = world.flink;
  world.flink.checkpoints = async (jobId) => {
    // It has one before anybody looks.
    while ((await checkpoints(jobId)).latestCheckpoint === undefined);
    manager.endJob(jobId, "FAILED", trace("java.lang.Error: broken"));
    return {};
  };
  const failure = await t.throwsAsync<UpdateFailure>(createJob(world, spec));
  t.regex(
    failure?.message ?? "",
    /not before it had completed a checkpoint.*next `pulumi up` goes on.*broken/s,
  );
  const reached = newestOnVolume(manager);
  t.like(failure?.record, { state: "MISSING", jobId: manager.submissions[0]?.jobId });

  world.flink.checkpoints = checkpoints;
  const record = await updateJob(world, failure?.record, spec);
  t.is(record.restoredFrom, reached);
  t.is(record.checkpointDir, failure?.record.checkpointDir);
});

test("where a failed update left off is still known when the cluster has forgotten it", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const { undone, restored } = manager.undoCheckpoint(record.jobId);
  manager.behaviourOf = () => ({ failsWith: trace("java.lang.Error: broken") });
  const failure = await t.throwsAsync<UpdateFailure>(
    updateJob(world, record, { ...spec, ...t.context.jars.new }),
  );
  manager.behaviourOf = () => ({});
  manager.forgetJobs();
  t.is(newestOnVolume(manager), undone);
  const repaired = await updateJob(world, failure?.record, spec);
  t.is(repaired.restoredFrom, restored);
  t.false("leftOff" in repaired);
});

test("a state that cannot be read is gone on from until somebody deletes it, then the one before it is", async (t) => {
  const { manager, spec, world, log } = t.context;
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "CANCELED");
  const unreadable = newestOnVolume(manager);
  const { run } = world.flink;
  world.flink.run = async (jarId, request) => {
    if (request.savepointPath === unreadable) throw new Error("Flink refused: EOFException");
    return run(jarId, request);
  };
  let failure: UpdateFailure | undefined;
  for (let i = 0; i < 2; i++) {
    failure = await t.throwsAsync<UpdateFailure>(updateJob(world, failure?.record ?? record, spec));
    t.true(failure?.message.includes(`again from ${unreadable}`));
    t.regex(failure?.message ?? "", /EOFException.*move its folder elsewhere/);
  }
  const { listMetadata } = world;
  world.listMetadata = async (directories) =>
    (await listMetadata(directories))?.filter(({ path }) => `file:${path}` !== `${unreadable}/_metadata`);
  const { restoredFrom } = await updateJob(world, failure!.record, spec);
  t.not(restoredFrom, unreadable);
  t.regex(restoredFrom, /chk-\d+$/, log.join("\n"));
});

test("after a rollback nothing is wrong with the job any more", async (t) => {
  const { spec, world } = t.context;
  const record = await createJob(world, spec);
  const broken = newVersion(t.context, { failsWith: trace("java.lang.Error: broken") });
  const failure = await t.throwsAsync<UpdateFailure>(
    updateJob(world, { ...record, drift: "it was doubled" }, broken),
  );
  t.false("drift" in (failure?.record ?? { drift: "" }));
});

test("the old version is not started beside a new one that could not be cancelled", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const broken = newVersion(t.context, { checkpointEveryMs: Infinity, cancelMs: Infinity });
  Object.assign(world.timeouts, { firstCheckpointMs: 50, cancelMs: 5_000 });
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, broken));
  t.regex(failure?.message ?? "", /The old one could not be started again: Waited .* to be gone/s);
  t.truthy(failure?.record.drift);
  t.deepEqual(
    manager.submissions.map(({ jar }) => jar),
    ["old", "new"],
  );
});

test("after a rollback the same update is tried again, and the old version is left alone", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  const broken = newVersion(t.context, { checkpointEveryMs: Infinity });
  world.timeouts.firstCheckpointMs = 100;
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, broken));
  const back = failure?.record;
  world.timeouts.firstCheckpointMs = 60_000;
  t.is((await updateJob(world, back, spec)).jobId, back.jobId);
  manager.behaviourOf = () => ({});
  t.true(runsContent((await updateJob(world, back, broken)).jobId, broken));
});

test("without the old jar there is no way back, which is said before the job is touched and after", async (t) => {
  const { jars, manager, world, log } = t.context;
  const record = await createJob(world, t.context.spec);
  await writeFile(jars.old.jar, "something else");
  const broken = newVersion(t.context, { failsWith: trace("java.lang.Error: broken") });
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, broken));
  t.regex(log[0] ?? "", /old jar .* is gone.*no way back/);
  t.regex(
    failure?.message ?? "",
    /The old one could not be started again: .*SHA-256 differs.*kept in file:\/state/s,
  );
  t.like(failure?.record, { ...t.context.spec, state: "MISSING" });
  t.truthy(failure?.record.drift);
  t.deepEqual(manager.running(), []);
});

test("a repair that fails keeps its mark, so that the next run tries again", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "FAILED");
  manager.behaviourOf = () => ({ failsWith: trace("java.net.ConnectException: Connection refused") });
  const failure = await t.throwsAsync<UpdateFailure>(updateJob(world, record, spec));
  t.regex(failure?.message ?? "", /could not be started again from file:.*Connection refused/s);
  t.truthy(failure?.record.drift);
  manager.behaviourOf = () => ({});
  t.is((await updateJob(world, failure?.record, spec)).state, "RUNNING");
});

test("doubles are cancelled and the recorded job stays", async (t) => {
  const { manager, spec, world, log } = t.context;
  const record = await createJob(world, spec);
  manager.addForeignJob("capture");
  const repaired = await updateJob(world, await readJob(world, record), spec);
  t.is(repaired.jobId, record.jobId);
  t.deepEqual(
    manager.running().map(({ id }) => id),
    [record.jobId],
  );
  t.regex(log.join(), /cancelling job f{32}, a double of "capture"/);
});

test("of doubles that nothing is recorded of, the newest that is well stays", async (t) => {
  const { manager, spec, world } = t.context;
  const ids = [300, 200, 100].map((ago) => newJobId({ ...spec, parallelism: 2 }, Date.now() - ago));
  for (const id of ids) manager.addForeignJob("capture", id);
  manager.haltJob(ids[2] ?? "");
  await createJob(world, spec);
  t.is(manager.stops[0]?.jobId, ids[1]);
});

test("a dead job is not restarted beside somebody else's of the same name", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "CANCELED");
  manager.addForeignJob("capture");
  await t.throwsAsync(updateJob(world, record, spec), { message: /was not submitted by this stack/ });
  t.is(manager.submissions.length, 1);
});

test("jobs of other names are never touched", async (t) => {
  const { manager, spec, world } = t.context;
  manager.addForeignJob("sync");
  const record = await createJob(world, spec);
  const updated = await updateJob(world, record, newVersion(t.context));
  await deleteJob(world, updated);
  t.deepEqual(
    manager.running().map(({ name }) => name),
    ["sync"],
  );
});

// Delete

test("delete cancels the job, waits until it is gone, and sweeps up its jars", async (t) => {
  const { jars, manager, spec, world } = t.context;
  manager.behaviourOf = () => ({ cancelMs: 100 });
  const record = await createJob(world, spec);
  await world.flink.uploadJar(jars.old.jar, `tributary-capture-${spec.jarHash.slice(0, 12)}.jar`);
  await world.flink.uploadJar(jars.old.jar, "somebody-elses.jar");
  await deleteJob(world, record);
  t.deepEqual(manager.running(), []);
  t.deepEqual(
    [...manager.jars.values()].map(({ name }) => name),
    ["somebody-elses.jar"],
  );
});

test("a submission sweeps up the jars that crashed runs have left", async (t) => {
  const { jars, manager, spec, world } = t.context;
  for (const name of ["tributary-capture-0123456789ab.jar", "tributary-sync-0123456789ab.jar"]) {
    await world.flink.uploadJar(jars.old.jar, name);
  }
  await createJob(world, spec);
  t.deepEqual(
    [...manager.jars.values()].map(({ name }) => name),
    ["tributary-sync-0123456789ab.jar"],
  );
});

test("delete does not mind a jar that is gone already", async (t) => {
  const { spec, world } = t.context;
  const record = await createJob(world, spec);
  world.flink.jars = () =>
    Promise.resolve([{ id: "gone", name: `tributary-capture-${spec.jarHash.slice(0, 12)}.jar` }]);
  await t.notThrowsAsync(deleteJob(world, record));
});

test("delete also cancels what a crashed run submitted", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  await updateJob(world, record, newVersion(t.context));
  await deleteJob(world, record);
  t.deepEqual(manager.running(), []);
});

test("delete of a job that is gone already succeeds", async (t) => {
  const { manager, spec, world } = t.context;
  const record = await createJob(world, spec);
  manager.endJob(record.jobId, "FAILED");
  await t.notThrowsAsync(deleteJob(world, record));
});

test("delete with a dead cluster is soon done and says so", async (t) => {
  const { manager, spec, world, log } = t.context;
  const record = await createJob(world, spec);
  await manager.stop();
  await deleteJob(world, record);
  t.regex(log.join(), /is forgotten as it is: .*no answer from Flink/);
});

test("every submission says whose it is and what it runs", async (t) => {
  const { manager, world } = t.context;
  const record = await createJob(world, t.context.spec);
  const spec = newVersion(t.context);
  await updateJob(world, record, spec);
  t.true(manager.submissions.every(({ jobId }) => isOwn(jobId, "capture")));
  t.deepEqual(
    manager.submissions.map(({ jobId }) => runsContent(jobId, spec)),
    [false, true],
  );
});

import { hasEnded, jobsInView, listJobs } from "./cluster-view";
import { isPlaceTaken, isTemporary, isUntaken, messageOf, placeTakenError, rootCause } from "./failures";
import { removeUpload, uploadJar } from "./jar";
import { newJobId, submittedAt } from "./job-id";
import type { JobRecord, JobSpec, JobSummary, RunRequest, World } from "./model";
import { cancelJob } from "./stopping";
import { waitFor, type Progress } from "./wait";

/**
 * Submits a job once and waits for its first completed checkpoint. A job that does not get there is cancelled again, so
 * that a failed submission leaves nothing behind.
 * @param restoreFrom savepoint or checkpoint to start from; undefined for a fresh start
 * @throws with the job's own reason
 */
export async function startJob(
  world: World,
  spec: JobSpec,
  restoreFrom: string | undefined,
  since: number,
): Promise<JobRecord> {
  const jarId = await uploadJar(world, spec);
  const jobId = newJobId(spec, world.now());
  try {
    await submit(world, spec, jarId, jobId, restoreFrom);
    return await recordWhenCheckpointed(world, spec, jobId, restoreFrom ?? "", since);
  } catch (error) {
    await cancelJob(world, jobId).catch((cancelError: unknown) =>
      world.log(`the failed job ${jobId} could not be cancelled: ${messageOf(cancelError)}`),
    );
    throw error;
  }
}

/**
 * Waits for a completed checkpoint of a running job, then writes down what is known of it.
 * @param restoredFrom undefined where only the cluster can tell
 */
export async function recordWhenCheckpointed(
  world: World,
  spec: JobSpec,
  jobId: string,
  restoredFrom: string | undefined,
  since: number,
): Promise<JobRecord> {
  const seen = await waitForCheckpoint(world, spec, jobId);
  const checkpointDir = seen.checkpoint.replace(/\/[^/]+\/chk-\d+$/, "");
  // After a rollback the spec is a record, and what was wrong is not any more.
  const { drift, leftOff, ...asked }: JobSpec & Partial<JobRecord> = spec;
  return {
    ...asked,
    jobId,
    state: "RUNNING",
    restoredFrom: restoredFrom ?? seen.restoredFrom,
    checkpointDir,
    since,
  };
}

/** The cluster keeps what a running job needs in its blob store, so the upload can go as soon as the job is accepted. */
async function submit(
  world: World,
  spec: JobSpec,
  jarId: string,
  jobId: string,
  restoreFrom: string | undefined,
): Promise<void> {
  try {
    giveWay(await listJobs(world, world.timeouts.reachableMs), spec, jobId);
    await runOnce(world, spec, jarId, jobId, restoreFrom);
  } finally {
    await removeUpload(world, jarId);
  }
}

/**
 * Of two runs at a time the one that came to submit first goes on. It need not be at work any more: a request that a killed
 * run has sent is still carried out.
 */
function giveWay(jobs: JobSummary[], spec: JobSpec, jobId: string): void {
  const older = jobsInView(jobs, spec.name).own.find(({ id }) => submittedAt(id) < submittedAt(jobId));
  if (!older) return;
  throw placeTakenError(
    `Another run has submitted job "${spec.name}" (${older.id}), and two would write the same changes twice, so this ` +
      `one gives way. When no other \`pulumi up\` is at work on this stack, run it again`,
  );
}

/**
 * Sends the run request until it is known whether the job was accepted.
 * @throws an error that `isPlaceTaken` where that stays unknown
 */
async function runOnce(
  world: World,
  spec: JobSpec,
  jarId: string,
  jobId: string,
  restoreFrom: string | undefined,
): Promise<void> {
  const { submitMs, pollMs } = world.timeouts;
  await waitFor(`the JobManager to run job ${jobId}`, submitMs, pollMs, async () => {
    try {
      await world.flink.run(jarId, runRequest(spec, jobId, restoreFrom));
      return { done: undefined };
    } catch (error) {
      if (!isTemporary(error) || isUntaken(error)) throw error;
      const hasCome = await comesUnanswered(world, jobId, messageOf(error));
      return hasCome ? { done: undefined } : { pending: messageOf(error) };
    }
  });
}

/**
 * Looks for a job whose run request was not answered. The request may still be at work, because the JobManager runs the
 * jar's main method first, and a second one would get in its way; after an outage it is taken for ended.
 * @returns false if the request is to be sent again
 */
async function comesUnanswered(world: World, jobId: string, reason: string): Promise<boolean> {
  const { submitMs, pollMs } = world.timeouts;
  let wasOut = false;
  const look = async (): Promise<Progress<boolean>> => {
    const jobs = await world.flink.jobs().catch((error: unknown) => {
      wasOut ||= isUntaken(error);
      throw error;
    });
    if (!jobs.some(({ id }) => id === jobId)) return wasOut ? { done: false } : { pending: reason };
    world.log(`job ${jobId} was accepted although its submission was not answered`);
    return { done: true };
  };
  return waitFor(`job ${jobId} to be accepted`, submitMs, pollMs, look).catch((error: unknown) => {
    throw placeTakenError(
      `${messageOf(error)}. It may still come, so nothing is started in its place. Run \`pulumi up\` again: it goes on ` +
        `with the job if that is there by then, and without it if not`,
    );
  });
}

function runRequest(spec: JobSpec, jobId: string, restoreFrom: string | undefined): RunRequest {
  return {
    jobId,
    name: spec.name,
    ...(spec.entryClass !== undefined && { entryClass: spec.entryClass }),
    args: spec.args,
    parallelism: spec.parallelism,
    dropsUnclaimedState: spec.dropsUnclaimedState ?? false,
    ...(restoreFrom !== undefined && { savepointPath: restoreFrom }),
  };
}

/** @returns paths of the first completed checkpoint that is seen, and of what the job was restored from */
async function waitForCheckpoint(
  world: World,
  spec: JobSpec,
  jobId: string,
): Promise<{ checkpoint: string; restoredFrom: string }> {
  const { firstCheckpointMs, pollMs } = world.timeouts;
  const what = `job "${spec.name}" (${jobId}) to run and complete a checkpoint`;
  try {
    return await waitFor(what, firstCheckpointMs, pollMs, async () => {
      const jobs = await world.flink.jobs();
      giveWay(jobs, spec, jobId);
      const job = jobs.find(({ id }) => id === jobId);
      if (!job) return { pending: "the cluster does not list the job" };
      if (hasEnded(job)) throw new Error(`Job "${spec.name}" (${jobId}) ended at once: ${job.state}`);
      if (job.name !== spec.name) throw wrongName(spec.name, job.name);
      const { latestCheckpoint, restored } = await world.flink.checkpoints(jobId);
      if (job.state !== "RUNNING" || !latestCheckpoint) return { pending: await progressOf(world, job) };
      return { done: { checkpoint: latestCheckpoint.path, restoredFrom: restored?.path ?? "" } };
    });
  } catch (error) {
    if (isPlaceTaken(error)) throw error;
    const stackTrace = await world.flink.newestException(jobId).catch(() => undefined);
    throw stackTrace ? new Error(`${messageOf(error)}. The job says: ${rootCause(stackTrace)}`) : error;
  }
}

async function progressOf(world: World, { state, tasks }: JobSummary): Promise<string> {
  if (state === "RUNNING" && tasks.running === tasks.total) return "all tasks running, no checkpoint yet";
  const slots = await world.flink.slots();
  return `${state}, ${tasks.running} of ${tasks.total} tasks running, ${slots.free} of ${slots.total} slots free`;
}

function wrongName(expected: string, actual: string): Error {
  return new Error(
    `The jar runs its job as "${actual}", but this FlinkJob is called "${expected}", so doubles could not be told. ` +
      `Let the jar call env.execute() without a name, or give both the same name.`,
  );
}

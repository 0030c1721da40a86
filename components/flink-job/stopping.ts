import { randomBytes } from "node:crypto";
import { canTakeSavepoint, hasEnded } from "./cluster-view";
import { messageOf } from "./failures";
import type { JobSpec, JobSummary, World } from "./model";
import { answered, waitFor } from "./wait";

/**
 * Stops a healthy job with a savepoint, without draining it: it is to go on from there.
 * @returns the savepoint's path; undefined, with the reason in the log, if the job could not take one. It may then still run.
 */
export async function stopWithSavepoint(
  world: World,
  spec: JobSpec,
  job: JobSummary,
): Promise<string | undefined> {
  if (!canTakeSavepoint(job)) {
    const { running, total } = job.tasks;
    world.log(
      `job ${job.id} is ${job.state} with ${running} of ${total} tasks running, so it cannot take a savepoint`,
    );
    return undefined;
  }
  try {
    const path = await takeSavepoint(world, spec, job.id);
    await waitUntilGone(world, job.id);
    return path;
  } catch (error) {
    world.log(`job ${job.id} could not be stopped with a savepoint: ${messageOf(error)}`);
    return undefined;
  }
}

async function takeSavepoint(world: World, spec: JobSpec, jobId: string): Promise<string> {
  const { reachableMs, savepointMs, pollMs } = world.timeouts;
  const triggerId = randomBytes(16).toString("hex");
  await answered("the JobManager to take the request", reachableMs, pollMs, () =>
    world.flink.stopWithSavepoint(jobId, triggerId, spec.savepointDir),
  );
  return waitFor(`the savepoint of job ${jobId}`, savepointMs, pollMs, async () => {
    const progress = await world.flink.savepointProgress(jobId, triggerId);
    if (progress.status === "failed") throw new Error(progress.reason);
    return progress.status === "completed" ? { done: progress.location } : { pending: "still being written" };
  });
}

/** Cancels a job and waits until it is gone; a job that is gone already is fine. */
export async function cancelJob(world: World, jobId: string): Promise<void> {
  await waitUntilGone(world, jobId, () => world.flink.cancel(jobId));
}

/** `ask` is repeated while the job is not on its way out: a failover of the JobManager may forget the request. */
async function waitUntilGone(world: World, jobId: string, ask?: () => Promise<void>): Promise<void> {
  const { cancelMs, pollMs } = world.timeouts;
  await waitFor(`job ${jobId} to be gone`, cancelMs, pollMs, async () => {
    const job = (await world.flink.jobs()).find(({ id }) => id === jobId);
    if (!job || hasEnded(job)) return { done: undefined };
    if (ask && job.state !== "CANCELLING") await ask().catch(ignoreIfEnded);
    return { pending: job.state };
  });
}

/** The job may end between the look and the request: 404 and 409 say so. */
function ignoreIfEnded(error: unknown): void {
  const { status } = error as { status?: number };
  if (status !== 404 && status !== 409) throw error;
}

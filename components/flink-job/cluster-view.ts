import { answered } from "./wait";
import { isOwn, submittedAt } from "./job-id";
import type { JobSummary, World } from "./model";

const endStates = ["FINISHED", "CANCELED", "FAILED"];
const leavingStates = ["CANCELLING", "FAILING", "SUSPENDED"];

/** Has the job come to its end, so that Flink will never run it again by itself? */
export function hasEnded(job: JobSummary): boolean {
  return endStates.includes(job.state);
}

/** Is the job between two states, so that it is too early to judge it? */
export function isLeaving(job: JobSummary): boolean {
  return leavingStates.includes(job.state);
}

/** Only a job all of whose tasks run can take a savepoint. */
export function canTakeSavepoint(job: JobSummary): boolean {
  return (
    job.state === "RUNNING" &&
    job.tasks.running > 0 &&
    job.tasks.running + job.tasks.finished === job.tasks.total
  );
}

/** The jobs on the cluster that bear on one `FlinkJob`. */
export interface JobsInView {
  /** Submitted by this `FlinkJob`, not ended; the first submitted first. */
  own: JobSummary[];
  /** Submitted by somebody else under the same name, not ended. */
  foreign: JobSummary[];
  /** All jobs submitted by this `FlinkJob` that the cluster remembers. */
  ownEver: JobSummary[];
}

/** Sorts the jobs of a cluster by what they mean to the `FlinkJob` of this name. */
export function jobsInView(jobs: JobSummary[], name: string): JobsInView {
  // After a failover their start times are those of their recovery.
  const ownEver = jobs
    .filter((job) => isOwn(job.id, name))
    .sort((a, b) => submittedAt(a.id) - submittedAt(b.id));
  return {
    own: ownEver.filter((job) => !hasEnded(job)),
    foreign: jobs.filter((job) => job.name === name && !isOwn(job.id, name) && !hasEnded(job)),
    ownEver,
  };
}

/** All jobs of the cluster, as soon as it answers. */
export async function listJobs(world: World, timeoutMs: number): Promise<JobSummary[]> {
  return answered("the JobManager to answer", timeoutMs, world.timeouts.pollMs, () => world.flink.jobs());
}

/** The jobs that bear on the `FlinkJob` of this name, as soon as the cluster answers. */
export async function jobsOf(world: World, name: string): Promise<JobsInView> {
  return jobsInView(await listJobs(world, world.timeouts.reachableMs), name);
}

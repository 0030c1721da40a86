import { attempt, attemptFirst, recordingFailure } from "./attempt";
import { canTakeSavepoint, hasEnded, isLeaving, jobsInView, jobsOf, listJobs } from "./cluster-view";
import { isTemporary, messageOf } from "./failures";
import { isSameGeneration } from "./diff";
import { requireJar, sweepUploads } from "./jar";
import { contentCode, isOfGeneration, runsContent, submittedAt } from "./job-id";
import type { JobRecord, JobSpec, JobSummary, RestorePoint, World } from "./model";
import { newestRestorePoint } from "./restore-point";
import { cancelJob, stopWithSavepoint } from "./stopping";
import { recordWhenCheckpointed } from "./submission";
import { waitFor } from "./wait";

/**
 * Submits a job and waits for its first checkpoint.
 *
 * A job of that name may run already, because an earlier `up` died before it could write down what it had done. One that
 * we submitted is taken over: as it is if it runs the same content, else stopped with a savepoint and, if it is of the same
 * generation, resumed. One that somebody else submitted is refused.
 * @throws UpdateFailure when a job was taken over, or has completed a checkpoint before it failed, so that what it has saved
 *   is not lost; else a plain error
 */
export async function createJob(world: World, spec: JobSpec): Promise<JobRecord> {
  await requireJar(world, spec);
  const { own, foreign } = await jobsOf(world, spec.name);
  if (foreign.length > 0) throw foreignJob(spec, foreign);
  const left = oneToKeep(own, (job) => runsAsAsked(job, spec));
  if (!left) {
    await warnOfWhatIsLeft(world, spec);
    return attemptFirst(world, spec);
  }
  world.log(`job "${spec.name}" (${left.id}) was left running by an earlier run; taking it over`);
  const record = recordOfLeft(left, spec);
  return recordingFailure(record, () => bringTo(world, record, spec, own, []));
}

/** Nothing was recorded of it, so nobody knows whether it is to be gone on from. */
async function warnOfWhatIsLeft(world: World, spec: JobSpec): Promise<void> {
  const everything = { since: 0, checkpointDir: "" };
  const saved = await newestRestorePoint(world, spec, everything).catch(() => undefined);
  if (!saved) return;
  world.log(
    `job "${spec.name}" starts without saved state, though an earlier one has left some, in ${saved.path}. Unless that was ` +
      `replaced on purpose, run \`make verify REPAIR=1\` afterwards: it finds what was deleted in between`,
  );
}

/** What can be told of a job that nothing was recorded of. */
function recordOfLeft(left: JobSummary, spec: JobSpec): JobRecord {
  return {
    ...spec,
    ...(!isOfGeneration(left.id, spec) && { generation: `the one of job ${left.id}` }),
    jobId: left.id,
    state: left.state,
    restoredFrom: "",
    checkpointDir: "",
    since: submittedAt(left.id),
  };
}

/** Was nothing recorded of the job? Then it is not known what it ran, and whether it ever had a checkpoint. */
function wasLeft(record: JobRecord): boolean {
  return record.checkpointDir === "";
}

/**
 * Looks whether the job is still there, alone and alive. What is wrong is written into `drift`, and the next update
 * repairs it. A cluster that does not answer proves nothing: the record stays as it is.
 */
export async function readJob(world: World, record: JobRecord): Promise<JobRecord> {
  const healthy = { ...record };
  delete healthy.drift;
  try {
    const jobs = await settledJobs(world, record.jobId);
    const job = jobs.find(({ id }) => id === record.jobId);
    const drift = driftOf(record, job, jobs);
    return { ...healthy, state: job?.state ?? "MISSING", ...(drift && { drift }) };
  } catch (error) {
    if (!isTemporary(error)) throw error;
    world.log(
      `job "${record.name}" could not be looked at, so its state is kept as it was: ${messageOf(error)}`,
    );
    return record;
  }
}

/**
 * Brings the job to what the spec asks for, whatever has become of it meanwhile: doubles are cancelled; a job that
 * already runs the right content is left alone; another one is stopped with a savepoint, or, if it is unhealthy, on its
 * way out or gone, given up for its newest retained checkpoint; then the new job starts from there.
 * If the new job does not reach its first checkpoint, the old one is started again from the same place; if it did, and
 * failed all the same, the next update goes on from there.
 * A job of another generation starts without saved state.
 * @throws UpdateFailure when the job was touched; a plain error when it was not
 */
export async function updateJob(world: World, record: JobRecord, spec: JobSpec): Promise<JobRecord> {
  await requireJar(world, spec);
  const { own, foreign } = await jobsOf(world, spec.name);
  if (own.length === 0 && foreign.length > 0) throw foreignJob(spec, foreign);
  return recordingFailure(record, () => bringTo(world, record, spec, own, foreign));
}

/**
 * Cancels the job and removes its uploads. A dead cluster runs nothing, so there is nothing to cancel: it is waited for
 * only briefly. Jobs of other submitters are left alone.
 */
export async function deleteJob(world: World, record: JobRecord): Promise<void> {
  try {
    const { own } = jobsInView(await listJobs(world, world.timeouts.deleteReachableMs), record.name);
    for (const job of own) await cancelJob(world, job.id);
    await sweepUploads(world, record.name);
  } catch (error) {
    if (!isTemporary(error)) throw error;
    world.log(`job "${record.name}" (${record.jobId}) is forgotten as it is: ${messageOf(error)}`);
  }
}

async function bringTo(
  world: World,
  record: JobRecord,
  spec: JobSpec,
  own: JobSummary[],
  foreign: JobSummary[],
): Promise<JobRecord> {
  const isSame = isSameGeneration(record, spec);
  // Of its own job the record knows the generation in words, not only by a few digits of the id.
  const isAsked = (job: JobSummary) => runsAsAsked(job, spec) && (isSame || job.id !== record.jobId);
  const running = oneToKeep(own, isAsked, record.jobId);
  await cancelDoubles(world, running, [...own, ...foreign]);

  if (running && isAsked(running)) {
    const isKnown = running.id === record.jobId && !wasLeft(record);
    const restoredFrom = isKnown ? record.restoredFrom : undefined;
    const since = isSame ? record.since : submittedAt(running.id);
    return recordWhenCheckpointed(world, spec, running.id, restoredFrom, since);
  }
  if (!isSame) return startAfresh(world, record, spec, running);
  await warnIfNoWayBack(world, record, spec);
  const from = await bringToRest(world, record, running);
  world.log(
    `job "${spec.name}" ${from === undefined ? "starts without saved state" : `goes on from ${from}`}`,
  );
  const since = from === undefined ? world.now() : record.since;
  return attempt(world, record, { spec, from, wayBack: from, since });
}

/** Does the job run what the spec asks for, and go on doing so? */
function runsAsAsked(job: JobSummary, spec: JobSpec): boolean {
  return runsContent(job.id, spec) && !isLeaving(job);
}

/**
 * Of several jobs of ours those that run what is asked for are better than others, and of these the recorded one. Else it is
 * the newest that is well: an older one may have been given up.
 */
function oneToKeep(
  own: JobSummary[],
  isAsked: (job: JobSummary) => boolean,
  recorded?: string,
): JobSummary | undefined {
  const best = own.some(isAsked) ? own.filter(isAsked) : own;
  return best.find(({ id }) => id === recorded) ?? best.filter(canTakeSavepoint).at(-1) ?? best.at(-1);
}

/** Only one of these jobs stays. */
async function cancelDoubles(world: World, kept: JobSummary | undefined, jobs: JobSummary[]): Promise<void> {
  for (const double of jobs.filter((job) => job !== kept)) {
    world.log(`cancelling job ${double.id}, a double of "${double.name}" (${kept?.id})`);
    await cancelJob(world, double.id);
  }
}

/** All jobs, once the one in question is not between two states any more, or has been for too long. */
async function settledJobs(world: World, jobId: string): Promise<JobSummary[]> {
  const { refreshReachableMs, settleMs, pollMs } = world.timeouts;
  const isSettled = (jobs: JobSummary[]) => !jobs.some((job) => job.id === jobId && isLeaving(job));
  const jobs = await listJobs(world, refreshReachableMs);
  if (isSettled(jobs)) return jobs;
  const look = async () => {
    const later = await world.flink.jobs();
    return isSettled(later) ? { done: later } : { pending: "on its way out" };
  };
  return waitFor(`job ${jobId} to settle`, settleMs, pollMs, look).catch(() =>
    listJobs(world, refreshReachableMs),
  );
}

function driftOf(record: JobRecord, job: JobSummary | undefined, jobs: JobSummary[]): string | undefined {
  const { own, foreign } = jobsInView(jobs, record.name);
  const doubles = [...own, ...foreign].filter(({ id }) => id !== record.jobId).map(({ id }) => id);
  if (!job) return `the cluster does not know job ${record.jobId} any more`;
  if (hasEnded(job) || isLeaving(job)) return `job ${record.jobId} is ${job.state}`;
  if (doubles.length > 0) return `job ${record.jobId} is doubled by ${doubles.join(", ")}`;
  return undefined;
}

/**
 * Starts the job without saved state. The old one is stopped with a savepoint, so that it finishes what it has begun, and
 * goes on from there if the new one fails; one that is not healthy enough for that is cancelled, and not brought back.
 */
async function startAfresh(
  world: World,
  record: JobRecord,
  spec: JobSpec,
  running: JobSummary | undefined,
): Promise<JobRecord> {
  world.log(`job "${spec.name}" leaves its saved state behind: ${spec.generation}, not ${record.generation}`);
  const savepoint = running && (await stopWithSavepoint(world, record, running));
  if (running && savepoint === undefined) await cancelJob(world, running.id);
  const wayBack = wasLeft(record) ? undefined : savepoint;
  return attempt(world, record, { spec, from: undefined, wayBack, since: world.now() });
}

/**
 * Stops what runs.
 * @returns where to go on from; undefined if a job that nothing was recorded of has not saved anything either
 */
async function bringToRest(
  world: World,
  record: JobRecord,
  running: JobSummary | undefined,
): Promise<string | undefined> {
  const savepoint = running && (await stopWithSavepoint(world, record, running));
  if (savepoint !== undefined) return savepoint;
  if (running) {
    // Looked for before it is too late.
    await newestOf(world, record);
    await cancelJob(world, running.id);
  }
  const newest = await newestOf(world, record);
  if (!newest) return undefined;
  const age = Math.round((world.now() - newest.completedAt) / 1000);
  world.log(`job "${record.name}" falls back to its newest retained state, ${newest.path}, ${age} s old`);
  return newest.path;
}

async function newestOf(world: World, record: JobRecord): Promise<RestorePoint | undefined> {
  const newest = await newestRestorePoint(world, record, record);
  if (!newest && !wasLeft(record)) throw nothingToRestore(record);
  return newest;
}

/** Looked at before the running job is touched, so that the log says it while there is still time to interrupt. */
async function warnIfNoWayBack(world: World, record: JobRecord, spec: JobSpec): Promise<void> {
  if (contentCode(record) === contentCode(spec)) return;
  if ((await world.hashOfFile(record.jar)) === record.jarHash) return;
  world.log(
    `the old jar ${record.jar} is gone: if the new version of job "${spec.name}" fails, there is no way back`,
  );
}

function foreignJob(spec: JobSpec, foreign: JobSummary[]): Error {
  const ids = foreign.map(({ id }) => id).join(", ");
  return new Error(
    `A job called "${spec.name}" that was not submitted by this stack runs on ${spec.cluster.rest} (${ids}), and two ` +
      `would write the same changes twice. Cancel it first: flink cancel ${foreign[0]?.id}`,
  );
}

function nothingToRestore(record: JobRecord): Error {
  if (record.cluster.container === undefined) {
    return new Error(
      `The cluster remembers no savepoint or checkpoint of job "${record.name}", so it cannot go on where it was. Its ` +
        `volume may hold one: give \`cluster\` the name of a \`container\` that mounts it, then run \`pulumi up\` again`,
    );
  }
  const remedy =
    record.generation === undefined
      ? "replace it: `pulumi up --replace <URN>`, with the URN that `pulumi stack --show-urns` shows"
      : "give it another generation: for capture, raise the setting `snapshot`";
  return new Error(
    `No savepoint or retained checkpoint of job "${record.name}" since ${new Date(record.since).toISOString()} was ` +
      `found, so it cannot go on where it was. To start it from the very beginning, ${remedy}`,
  );
}

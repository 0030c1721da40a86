import { jobsOf } from "./cluster-view";
import { isSameGeneration } from "./diff";
import { isPlaceTaken, messageOf } from "./failures";
import { requireJar } from "./jar";
import { contentCode } from "./job-id";
import type { JobRecord, JobSpec, RestorePoint, World } from "./model";
import { newestCheckpointSince, partsOfCheckpoint } from "./restore-point";
import { cancelJob } from "./stopping";
import { startJob } from "./submission";

/** An update that failed but changed something: `record` is how things stand now. */
export interface UpdateFailure extends Error {
  record: JobRecord;
}

/** Does what touches a job. Whatever goes wrong there is written down, so that the next update looks after it. */
export async function recordingFailure<T>(record: JobRecord, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if ((error as Partial<UpdateFailure>).record) throw error;
    const reason = messageOf(error);
    throw updateFailure(reason, { ...record, drift: `the last update failed: ${reason}` });
  }
}

/** A version of a job that is to take the place of the recorded one, which has been stopped. */
export interface Attempt {
  spec: JobSpec;
  /** The state it starts from; undefined: without any. */
  from: string | undefined;
  /** The state that the recorded version goes on from if the new one fails; undefined: it does not. */
  wayBack: string | undefined;
  since: number;
}

/**
 * Starts the new version. If it does not get to a checkpoint, the recorded one is started again.
 * @throws UpdateFailure
 */
export async function attempt(world: World, record: JobRecord, next: Attempt): Promise<JobRecord> {
  const begunAt = world.now();
  try {
    return await startJob(world, next.spec, next.from, next.since);
  } catch (error) {
    throw await rollBack(world, record, next, begunAt, error);
  }
}

/**
 * Starts a job of which nothing is known. If it fails, but not before its first checkpoint, the next run goes on from
 * there: what it has committed until then does not come again.
 * @throws UpdateFailure in that case; else the plain error
 */
export async function attemptFirst(world: World, spec: JobSpec): Promise<JobRecord> {
  const begunAt = world.now();
  try {
    return await startJob(world, spec, undefined, begunAt);
  } catch (error) {
    if (isPlaceTaken(error)) throw error;
    const history = { since: begunAt, checkpointDir: "" };
    const reached = await newestCheckpointSince(world, spec, history).catch(() => undefined);
    const checkpoint = reached && partsOfCheckpoint(reached.path);
    if (!checkpoint) throw error;
    const record = { ...spec, ...checkpoint, state: "MISSING", restoredFrom: "", since: begunAt };
    throw keptAt(reached, record, messageOf(error));
  }
}

async function rollBack(
  world: World,
  record: JobRecord,
  { spec, from, wayBack, since }: Attempt,
  begunAt: number,
  error: unknown,
): Promise<UpdateFailure> {
  const reason = messageOf(error);
  const leftOff = wayBack === undefined ? undefined : { path: wayBack, completedAt: begunAt };
  const fail = (message: string) => updateFailure(message, gone(record, reason, leftOff));
  if (isPlaceTaken(error)) return fail(reason);
  try {
    // If the new job's cancel failed too, the old one must not run beside it.
    for (const job of (await jobsOf(world, spec.name)).own) await cancelJob(world, job.id);
    const { jobId, state, restoredFrom, checkpointDir } = record;
    const reached = await newestCheckpointSince(world, spec, { since: begunAt, checkpointDir });
    if (reached)
      return keptAt(reached, { ...spec, jobId, state, restoredFrom, checkpointDir, since }, reason);
    if (wayBack === undefined || isSameVersion(record, spec)) {
      const how = from === undefined ? "without saved state" : `again from ${from}`;
      return fail(`Job "${spec.name}" could not be started ${how}. ${reason}${hintAt(from)}`);
    }
    world.log(
      `the new version of job "${spec.name}" failed (${reason}); starting the old one again from ${wayBack}`,
    );
    await requireJar(world, record);
    const back = await startJob(world, record, wayBack, record.since);
    return updateFailure(
      `The new version of job "${spec.name}" failed, so the old one runs again. ${reason}`,
      back,
    );
  } catch (second) {
    const kept = wayBack === undefined ? "" : `. Its state is kept in ${wayBack}`;
    return fail(
      `The new version of job "${spec.name}" failed: ${reason}. The old one could not be started again: ` +
        `${messageOf(second)}${kept}`,
    );
  }
}

/** What cannot be read stays the newest until it is gone. */
function hintAt(from: string | undefined): string {
  return from === undefined
    ? ""
    : `. If that state itself cannot be read, move its folder elsewhere: the next \`pulumi up\` goes on from the one before it`;
}

function keptAt(reached: RestorePoint, record: JobRecord, reason: string): UpdateFailure {
  return updateFailure(
    `Job "${record.name}" failed, but not before it had completed a checkpoint, so nothing goes on from an earlier ` +
      `place. Its state is kept in ${reached.path}, and the next \`pulumi up\` goes on from there. ${reason}`,
    gone(record, reason, reached),
  );
}

function isSameVersion(record: JobRecord, spec: JobSpec): boolean {
  return contentCode(record) === contentCode(spec) && isSameGeneration(record, spec);
}

function updateFailure(message: string, record: JobRecord): UpdateFailure {
  return Object.assign(new Error(message), { record });
}

function gone(record: JobRecord, reason: string, leftOff: RestorePoint | undefined): JobRecord {
  const drift = `the job is not running: ${reason}`;
  return { ...record, state: "MISSING", drift, ...(leftOff && { leftOff }) };
}

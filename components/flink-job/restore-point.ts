import { hasEnded, jobsInView, listJobs } from "./cluster-view";
import { isTemporary, messageOf } from "./failures";
import { ownerCode, submittedAt } from "./job-id";
import type { CheckpointStatistics, JobSpec, JobSummary, RestorePoint, World } from "./model";
import { answered, waitFor } from "./wait";

/** How far back to look, and where: the part of a `JobRecord` that the search needs. */
export interface History {
  since: number;
  checkpointDir: string;
  leftOff?: RestorePoint;
}

/**
 * Finds the newest state of this job, savepoint or checkpoint, of whichever of its submissions since `history.since`.
 *
 * The volume is asked, because it outlives the cluster's memory and shows what is really there. Where no container is
 * known that mounts it, the statistics of the jobs that the cluster still remembers (ended ones too) must do.
 *
 * But not all that lies on the volume counts. Flink writes a savepoint or checkpoint before it commits to it, and where
 * the JobManager dies in between, the job goes on from an older one and its sink takes back all that came after. So to
 * be restored from a state is to complete it once more: what was written before is older.
 * @throws where the volume should tell, but cannot be looked into
 */
export async function newestRestorePoint(
  world: World,
  spec: JobSpec,
  history: History,
): Promise<RestorePoint | undefined> {
  const restored = (await statisticsOfOwnJobs(world, spec))
    .flatMap((job) => job.restored ?? [])
    .map(({ path, restoredAt }) => ({ path, completedAt: restoredAt }));
  const leftOff = history.leftOff ? [history.leftOff] : [];
  const volume = await lookOnVolume(world, spec, history);
  const known = [...restored, ...leftOff];
  const points = volume
    ? [...known.filter((point) => !isGone(point, volume)), ...volume.points]
    : [...known, ...(await inStatistics(world, spec))];
  return newest(points.filter((point) => point.completedAt >= history.since));
}

/** Finds the newest checkpoint of a job of ours that was submitted since. */
export async function newestCheckpointSince(
  world: World,
  spec: JobSpec,
  history: History,
): Promise<RestorePoint | undefined> {
  const volume = await lookOnVolume(world, spec, history);
  const points = volume?.points ?? (await inStatistics(world, spec));
  return newest(
    points.filter(({ path }) => {
      const checkpoint = partsOfCheckpoint(path);
      return checkpoint !== undefined && submittedAt(checkpoint.jobId) >= history.since;
    }),
  );
}

/** The parts of a checkpoint's path, `<checkpointDir>/<jobId>/chk-<n>`; undefined of a savepoint's. Pure. */
export function partsOfCheckpoint(path: string): { checkpointDir: string; jobId: string } | undefined {
  const [, checkpointDir, jobId] = /^(.*)\/([0-9a-f]{32})\/chk-\d+$/.exec(path) ?? [];
  return checkpointDir === undefined || jobId === undefined ? undefined : { checkpointDir, jobId };
}

/** What is on the checkpoint volume. */
interface Volume {
  /** The folders that were looked into. */
  readonly folders: readonly string[];
  readonly points: readonly RestorePoint[];
}

/** Was it there, and somebody has deleted it, or it is empty? Pure. */
function isGone({ path }: RestorePoint, { folders, points }: Volume): boolean {
  const place = pathOnVolume(path);
  if (place === undefined || !folders.some((folder) => place.startsWith(`${folder.replace(/\/$/, "")}/`)))
    return false;
  return !points.some((point) => pathOnVolume(point.path) === place);
}

function newest(points: readonly RestorePoint[]): RestorePoint | undefined {
  return points.reduce<RestorePoint | undefined>(
    (found, point) => (found && !isNewer(point, found) ? found : point),
    undefined,
  );
}

/** A savepoint is the last that a job does: of the same millisecond, it is newer than a checkpoint. */
export function isNewer(one: RestorePoint, other: RestorePoint): boolean {
  if (one.completedAt !== other.completedAt) return one.completedAt > other.completedAt;
  return isSavepoint(one) && !isSavepoint(other);
}

function isSavepoint({ path }: RestorePoint): boolean {
  return /\/savepoint-[^/]*$/.test(path);
}

/** @returns undefined where no container is known that mounts it */
async function lookOnVolume(world: World, spec: JobSpec, history: History): Promise<Volume | undefined> {
  const directories = [
    history.checkpointDir || (await configuredDirectory(world, "execution.checkpointing.dir")),
    spec.savepointDir || (await configuredDirectory(world, "execution.checkpointing.savepoint-dir")),
  ];
  const local = directories.filter((directory) => directory !== "").map(pathOnVolume);
  const folders = local.filter((path) => path !== undefined);
  if (folders.length === 0 || folders.length < local.length) return undefined;
  const { reachableMs, pollMs } = world.timeouts;
  const files = await answered("a look at the checkpoint volume", reachableMs, pollMs, () =>
    world.listMetadata(folders),
  ).catch((error: unknown) => {
    throw new Error(
      `${messageOf(error)}. Only there is to be seen where job "${spec.name}" has to go on, so nothing was started. ` +
        `See to it that the container can be looked into, then run \`pulumi up\` again`,
    );
  });
  const points = files
    ?.filter((file) => isOwnMetadata(file.path, spec.name))
    .map((file) => ({ path: `file:${file.path.replace(/\/_metadata$/, "")}`, completedAt: file.modifiedAt }));
  return points && { folders, points };
}

/**
 * Flink names folders after the job: `<job id>/chk-<number>`, and `savepoint-<first 6 digits of the job id>-<random>`.
 * Our ids begin with the owner's code.
 */
export function isOwnMetadata(path: string, name: string): boolean {
  const owner = ownerCode(name);
  const pattern = `/(${owner}[0-9a-f]{22}/chk-\\d+|savepoint-${owner.slice(0, 6)}-[0-9a-f]+)/_metadata$`;
  return new RegExp(pattern).test(path);
}

/** `file:/a`, `file:///a` and `/a` are folders in the container; other schemes live elsewhere. */
export function pathOnVolume(uri: string): string | undefined {
  return /^(?:file:(?:\/\/)?)?(\/[^/].*)$/.exec(uri)?.[1];
}

async function configuredDirectory(world: World, key: string): Promise<string> {
  const { reachableMs, pollMs } = world.timeouts;
  const configuration = await answered("the JobManager's configuration", reachableMs, pollMs, () =>
    world.flink.configuration(),
  );
  return configuration[key] ?? "";
}

async function statisticsOfOwnJobs(world: World, spec: JobSpec): Promise<CheckpointStatistics[]> {
  const { ownEver } = jobsInView(await listJobs(world, world.timeouts.reachableMs), spec.name);
  return Promise.all(ownEver.map((job) => statisticsOf(world, job)));
}

/** A job that Flink is just recovering has nothing to tell yet, so one that has not ended is waited for until it has. */
async function statisticsOf(world: World, job: JobSummary): Promise<CheckpointStatistics> {
  const { reachableMs, pollMs } = world.timeouts;
  const look = async () => {
    const seen = await world.flink.checkpoints(job.id);
    const isTold = hasEnded(job) || seen.restored !== undefined || seen.latestCheckpoint !== undefined;
    return isTold ? { done: seen } : { pending: "it neither was restored nor has completed a checkpoint" };
  };
  return waitFor(`the checkpoints of job ${job.id}`, reachableMs, pollMs, look).catch((error: unknown) => {
    if (isTemporary(error)) throw error;
    world.log(`job ${job.id} tells of no checkpoints: ${messageOf(error)}`);
    return {};
  });
}

async function inStatistics(world: World, spec: JobSpec): Promise<RestorePoint[]> {
  world.log(
    "no container is known that mounts the checkpoints; the newest one that the cluster remembers must do",
  );
  return (await statisticsOfOwnJobs(world, spec))
    .flatMap(({ latestCheckpoint, latestSavepoint }) => [latestCheckpoint, latestSavepoint])
    .filter((checkpoint) => checkpoint !== undefined)
    .filter((checkpoint) => !checkpoint.discarded);
}

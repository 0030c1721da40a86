import { jobsInView, listJobs } from "./cluster-view";
import { ownerCode } from "./job-id";
import type { JobSpec, World } from "./model";
import { answered } from "./wait";

/** A savepoint or retained checkpoint from which a job can go on. */
export interface RestorePoint {
  path: string;
  completedAt: number;
}

/** How far back to look, and where: the part of a `JobRecord` that the search needs. */
export interface History {
  since: number;
  checkpointDir: string;
}

/**
 * Finds the newest state of this job, savepoint or checkpoint, of whichever of its submissions since `history.since`.
 *
 * The volume is asked first, because it outlives the cluster's memory and shows what is really there. Where it cannot be
 * looked into, the statistics of the jobs that the cluster still remembers (ended ones too) must do.
 */
export async function newestRestorePoint(
  world: World,
  spec: JobSpec,
  history: History,
): Promise<RestorePoint | undefined> {
  const found = (await onVolume(world, spec, history)) ?? (await inStatistics(world, spec));
  const usable = found.filter((point) => point.completedAt >= history.since);
  return usable.reduce<RestorePoint | undefined>(
    (newest, point) => (newest && !isNewer(point, newest) ? newest : point),
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

async function onVolume(world: World, spec: JobSpec, history: History): Promise<RestorePoint[] | undefined> {
  const directories = [
    history.checkpointDir || (await configuredDirectory(world, "checkpoint")),
    spec.savepointDir || (await configuredDirectory(world, "savepoint")),
  ];
  const local = directories.filter((directory) => directory !== "").map(pathOnVolume);
  if (local.length === 0 || local.includes(undefined)) return undefined;
  const files = await world.listMetadata(local.filter((path) => path !== undefined));
  return files
    ?.filter((file) => isOwnMetadata(file.path, spec.name))
    .map((file) => ({ path: `file:${file.path.replace(/\/_metadata$/, "")}`, completedAt: file.modifiedAt }));
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

/** The folder the cluster is configured with, under its present or its older key. */
async function configuredDirectory(world: World, kind: "checkpoint" | "savepoint"): Promise<string> {
  const configuration = await answered(
    "the JobManager's configuration",
    world.timeouts.reachableMs,
    world.timeouts.pollMs,
    () => world.flink.configuration(),
  );
  const [key, olderKey] =
    kind === "checkpoint"
      ? ["execution.checkpointing.dir", "state.checkpoints.dir"]
      : ["execution.checkpointing.savepoint-dir", "state.savepoints.dir"];
  return configuration[key] ?? configuration[olderKey] ?? "";
}

async function inStatistics(world: World, spec: JobSpec): Promise<RestorePoint[]> {
  world.log(
    "the checkpoint volume cannot be looked into; asking the cluster for the newest checkpoint it remembers",
  );
  const { reachableMs, pollMs } = world.timeouts;
  const { ownEver } = jobsInView(await listJobs(world, reachableMs), spec.name);
  const statistics = await Promise.all(
    ownEver.map((job) =>
      answered(`the checkpoints of job ${job.id}`, reachableMs, pollMs, () =>
        world.flink.checkpoints(job.id),
      ),
    ),
  );
  return statistics
    .flatMap(({ latestCheckpoint, latestSavepoint }) => [latestCheckpoint, latestSavepoint])
    .filter((checkpoint) => checkpoint !== undefined)
    .filter((checkpoint) => !checkpoint.discarded);
}

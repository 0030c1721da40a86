import { messageOf } from "./failures";
import type { JobSpec, World } from "./model";
import { answered } from "./wait";

/** Refuses a jar that is not the one that was asked for. */
export async function requireJar(world: World, spec: JobSpec): Promise<void> {
  const hash = await world.hashOfFile(spec.jar);
  if (hash === spec.jarHash) return;
  const problem =
    hash === undefined ? "is missing" : "is not the one that was asked for (its SHA-256 differs)";
  throw new Error(`The jar of job "${spec.name}", ${spec.jar}, ${problem}. Build the jobs again`);
}

/** Our jars on the cluster are called after the job, so that a later run can sweep up what a crashed one left. */
export function uploadName(spec: Pick<JobSpec, "name" | "jarHash">): string {
  return `tributary-${spec.name}-${spec.jarHash.slice(0, 12)}.jar`;
}

export function isUploadOf(name: string, uploadedName: string): boolean {
  const [, jobName] = /^tributary-(.+)-[^-]+\.jar$/.exec(uploadedName) ?? [];
  return jobName === name;
}

/**
 * Uploads the job's jar, the only one of the job from then on.
 * @returns the id under which it can be run
 */
export async function uploadJar(world: World, spec: JobSpec): Promise<string> {
  const { reachableMs, pollMs } = world.timeouts;
  return answered("the JobManager to take the jar", reachableMs, pollMs, async () => {
    await sweepUploads(world, spec.name);
    return world.flink.uploadJar(spec.jar, uploadName(spec));
  });
}

/** Removes all uploads of the job of this name. */
export async function sweepUploads(world: World, name: string): Promise<void> {
  const uploads = (await world.flink.jars()).filter((jar) => isUploadOf(name, jar.name));
  for (const jar of uploads) await removeUpload(world, jar.id);
}

/** A jar that cannot be removed, or has been already, is in nobody's way. */
export async function removeUpload(world: World, jarId: string): Promise<void> {
  await world.flink
    .deleteJar(jarId)
    .catch((error: unknown) =>
      world.log(`the uploaded jar ${jarId} could not be removed: ${messageOf(error)}`),
    );
}

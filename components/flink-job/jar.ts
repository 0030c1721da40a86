import type { JobSpec, World } from "./model";

/** Refuses a jar that is not the one that was asked for. */
export async function requireJar(world: World, spec: JobSpec): Promise<void> {
  const hash = await world.hashOfFile(spec.jar);
  if (hash === spec.jarHash) return;
  const problem =
    hash === undefined ? "is missing" : "is not the one that was asked for (its SHA-256 differs)";
  throw new Error(`The jar of job "${spec.name}", ${spec.jar}, ${problem}. Build the jobs again`);
}

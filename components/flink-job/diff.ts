import { contentCode } from "./job-id";
import type { JobRecord, JobSpec } from "./model";

export interface JobDiff {
  changes: boolean;
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** What Pulumi hands a provider in a preview for a value that is not known yet (its wire protocol's constant). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Compares what is recorded with what is asked for.
 *
 * Only another name or cluster makes another job. An address that is not known yet is no other address: when the
 * JobManager's container is about to be replaced, its job comes back by itself and must not be deleted. The jar's path
 * means nothing beside its hash.
 */
export function diffJob(record: JobRecord, spec: JobSpec): JobDiff {
  const replaces: string[] = [];
  if (spec.name !== record.name) replaces.push("name");
  if (isKnownAndOther(spec.cluster, record.cluster)) replaces.push("cluster");
  const changes =
    replaces.length > 0 ||
    record.drift !== undefined ||
    contentCode(spec) !== contentCode(record) ||
    JSON.stringify(bookkeeping(spec)) !== JSON.stringify(bookkeeping(record));
  return { changes, replaces, deleteBeforeReplace: true };
}

/** Can the job go on from what is saved? A record that names no generation was made before there were any. */
export function isSameGeneration(record: JobSpec, spec: JobSpec): boolean {
  return record.generation === undefined || record.generation === spec.generation;
}

function isKnownAndOther(asked: JobSpec["cluster"] | string, recorded: JobSpec["cluster"]): boolean {
  const rest = typeof asked === "string" ? asked : asked.rest;
  return rest !== unknownValue && rest !== recorded.rest;
}

/** Settings that must reach the state but need no restart. */
function bookkeeping({ savepointDir, dropsUnclaimedState, generation, timeouts }: JobSpec): unknown {
  return [
    savepointDir ?? "",
    dropsUnclaimedState ?? false,
    generation ?? "",
    Object.entries(timeouts ?? {}).sort(),
  ];
}

/** Problems of a spec that can be told without a cluster. Values that are not known yet are left for later. */
export function checkJob(spec: JobSpec): { property: string; reason: string }[] {
  const failures: { property: string; reason: string }[] = [];
  const isKnown = (value: unknown) => value !== unknownValue;
  if (isKnown(spec.name) && !/^[a-z][a-z0-9-]*$/.test(spec.name)) {
    failures.push({ property: "name", reason: `"${spec.name}" is not a job name: use a-z, 0-9 and -` });
  }
  if (isKnown(spec.parallelism) && !(Number.isInteger(spec.parallelism) && spec.parallelism >= 1)) {
    failures.push({
      property: "parallelism",
      reason: `${spec.parallelism} is not a whole number of at least 1`,
    });
  }
  return failures;
}

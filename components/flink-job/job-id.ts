import { createHash } from "node:crypto";
import type { JobSpec } from "./model";

/**
 * Flink lets the submitter choose a job's id (32 hex digits) and refuses an id that is taken. Ours say who submitted the
 * job, what it runs and when:
 *
 *     owner (10) | content (10) | milliseconds since 1970 (12)
 *
 * So a job that a crashed `pulumi up` left running is recognised without any state, also after the cluster recovered it,
 * and no id comes twice: a new job in an old one's checkpoint folder would run into that job's files.
 */
export function newJobId(spec: JobSpec, now: number): string {
  return ownerCode(spec.name) + contentCode(spec) + now.toString(16).padStart(12, "0");
}

/** The part of an id that names the `FlinkJob`. */
export function ownerCode(name: string): string {
  return digest(["tributary:FlinkJob", name]);
}

/** The part of an id that changes exactly when the job must be started anew. */
export function contentCode(spec: Pick<JobSpec, "jarHash" | "entryClass" | "args" | "parallelism">): string {
  return digest([spec.jarHash, spec.entryClass ?? "", spec.args, spec.parallelism]);
}

/** Was the job submitted by the `FlinkJob` of this name, in this or an earlier run? */
export function isOwn(jobId: string, name: string): boolean {
  return jobId.startsWith(ownerCode(name));
}

/** Does the job run exactly what the spec asks for? */
export function runsContent(jobId: string, spec: JobSpec): boolean {
  return jobId.startsWith(ownerCode(spec.name) + contentCode(spec));
}

/** When one of our jobs was submitted, in milliseconds since 1970. */
export function submittedAt(jobId: string): number {
  return parseInt(jobId.slice(20), 16);
}

function digest(parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 10);
}

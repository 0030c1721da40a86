import { createHash } from "node:crypto";
import type { JobSpec } from "./model";

/**
 * Flink lets the submitter choose a job's id (32 hex digits) and refuses an id that is taken. Ours say who submitted the
 * job, what it runs and when:
 *
 *     owner (10) | content (10) | milliseconds since 1970 (12)
 *
 * Where a job has a generation, the last 4 digits of the content are the generation's.
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
export function contentCode(
  spec: Pick<JobSpec, "jarHash" | "entryClass" | "args" | "parallelism" | "generation">,
): string {
  const content = digest([spec.jarHash, spec.entryClass ?? "", spec.args, spec.parallelism]);
  if (spec.generation === undefined) return content;
  return content.slice(0, -generationDigits) + generationCode(spec.generation);
}

const generationDigits = 4;

function generationCode(generation: string): string {
  return digest([generation]).slice(0, generationDigits);
}

/** Was the job started in the generation that the spec asks for? */
export function isOfGeneration(jobId: string, { generation }: JobSpec): boolean {
  return generation === undefined || jobId.slice(0, 20).endsWith(generationCode(generation));
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

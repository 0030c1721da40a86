import { z } from "zod";
import { rootCause } from "../../components/flink-job/failures";

const jobSchema = z.object({ jid: z.string(), name: z.string(), state: z.string() });
const exceptionsSchema = z.object({ "root-exception": z.string().nullish() });
const historySchema = z.object({
  exceptionHistory: z.object({
    entries: z.array(z.object({ stacktrace: z.string(), timestamp: z.number() })),
  }),
});
const checkpointsSchema = z.object({
  latest: z.object({ completed: z.object({ latest_ack_timestamp: z.number() }).nullish() }),
});
const startSchema = z.object({ "start-time": z.number() });
const runningSchema = z.object({ timestamps: z.object({ RUNNING: z.number() }) });

/** A job as the cluster reports it. */
export interface Job {
  readonly id: string;
  readonly name: string;
  /** Flink's word: `RUNNING`, `RESTARTING`, `FAILED` … */
  readonly state: string;
}

/** An answer that takes longer counts as none. Milliseconds. */
const timeout = 5_000;

async function ask<T>(schema: z.ZodType<T>, url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return schema.parse(await response.json());
}

/** The job with that id; its state is `MISSING` if the cluster does not know it. */
export async function readJob(flinkUrl: string, id: string): Promise<Job> {
  const { jobs } = await ask(z.object({ jobs: z.array(jobSchema) }), `${flinkUrl}/jobs/overview`);
  const job = jobs.find(({ jid }) => jid === id);
  return job ? { id: job.jid, name: job.name, state: job.state } : { id, name: id, state: "MISSING" };
}

/** The first line of what made a job fail or restart last; empty if nothing did. */
export async function readFailure(flinkUrl: string, id: string): Promise<string> {
  const { "root-exception": exception } = await ask(exceptionsSchema, `${flinkUrl}/jobs/${id}/exceptions`);
  return exception?.split("\n")[0] ?? "";
}

/** A failure of a job. */
export interface Failure {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What its innermost cause says. */
  readonly message: string;
}

/** What made a job fail or restart lately, the newest first, as far back as Flink remembers. */
export async function readFailures(flinkUrl: string, id: string): Promise<Failure[]> {
  const { exceptionHistory } = await ask(historySchema, `${flinkUrl}/jobs/${id}/exceptions`);
  return exceptionHistory.entries.map(({ stacktrace, timestamp }) => ({
    at: timestamp,
    message: rootCause(stacktrace),
  }));
}

/** When a job last completed a checkpoint, or was started if it has none. Milliseconds since 1970. */
export async function readCheckpointTime(flinkUrl: string, id: string): Promise<number> {
  const { latest } = await ask(checkpointsSchema, `${flinkUrl}/jobs/${id}/checkpoints`);
  return (
    latest.completed?.latest_ack_timestamp ?? (await ask(startSchema, `${flinkUrl}/jobs/${id}`))["start-time"]
  );
}

/** Whether a job has completed a checkpoint since it last began to run: one that starts again and again has not. */
export async function hasCheckpointed(flinkUrl: string, id: string): Promise<boolean> {
  const { timestamps } = await ask(runningSchema, `${flinkUrl}/jobs/${id}`);
  const { latest } = await ask(checkpointsSchema, `${flinkUrl}/jobs/${id}/checkpoints`);
  return (latest.completed?.latest_ack_timestamp ?? 0) > timestamps.RUNNING;
}

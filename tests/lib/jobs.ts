import type { JobRecord } from "../../components/flink-job/model";
import { readFailures, readJob } from "../../tools/lib/flink";
import { eventually } from "./eventually";
import { pulumi, stackOutputs } from "./stack";
import { Watch } from "./watch";

/** Between two looks at the jobs; milliseconds. */
const interval = 250;

interface Overview {
  jobs: { jid: string; state: string; tasks: { total: number; running: number } }[];
}

/** Asks the JobManager. */
export async function flink<T>(path: string): Promise<T> {
  const { flinkUrl } = await stackOutputs();
  const response = await fetch(`${flinkUrl}${path}`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Throws unless both jobs of the stack, with the ids it has written down, run with all of their tasks. */
export async function requireRunning(): Promise<void> {
  const { captureJobId, syncJobId } = await stackOutputs();
  const { jobs } = await flink<Overview>("/jobs/overview");
  for (const [name, id] of Object.entries({ capture: captureJobId, sync: syncJobId })) {
    const job = jobs.find(({ jid }) => jid === id);
    const { total = 0, running = 0 } = job?.tasks ?? {};
    if (job?.state !== "RUNNING" || running !== total)
      throw new Error(`${name} is ${job?.state ?? "missing"}, ${running} of ${total} tasks run`);
  }
  const others = jobs.filter(
    ({ jid, state }) => state === "RUNNING" && ![captureJobId, syncJobId].includes(jid),
  );
  if (others.length > 0) throw new Error(`another job runs: ${others.map(({ jid }) => jid).join(", ")}`);
}

/** Waits until capture has failed for good. @returns what it says */
export async function failureOfCapture(): Promise<string> {
  const { flinkUrl, captureJobId } = await stackOutputs();
  await eventually(
    "capture has failed",
    async () => {
      const { state } = await readJob(flinkUrl, captureJobId);
      if (state !== "FAILED") throw new Error(state);
    },
    { timeout: 60_000 },
  );
  const [failure] = await readFailures(flinkUrl, captureJobId);
  return failure!.message;
}

/** When a job was last restarted after a failure. Milliseconds since 1970; 0 if its JobManager never did. */
export async function restartOf(job: string): Promise<number> {
  const { timestamps } = await flink<{ timestamps: { RESTARTING: number } }>(`/jobs/${job}`);
  return timestamps.RESTARTING;
}

/** What the stack has written down of a job. */
export interface JobResource {
  readonly urn: string;
  readonly outputs: Pick<JobRecord, "jobId" | "args" | "restoredFrom" | "checkpointDir" | "parallelism">;
}

/** A job's resource in the stack's state. */
export async function jobResource(job: "capture" | "sync"): Promise<JobResource> {
  const { deployment } = JSON.parse(await pulumi("stack", "export")) as {
    deployment: { resources: (JobResource & { type: string })[] };
  };
  return deployment.resources.find(
    ({ type, urn }) => type.endsWith(":FlinkJob") && urn.endsWith(`::${job}`),
  )!;
}

/** Watches whether both jobs run. */
export class JobsWatch {
  private readonly watch = new Watch(interval, () =>
    requireRunning().catch(() => (this.lastDown = Date.now())),
  );
  private lastDown = 0;

  /** When they last were not both running. Milliseconds since 1970; 0 if they always were. */
  get down(): number {
    return this.lastDown;
  }

  start(): void {
    this.watch.start();
  }

  stop(): Promise<void> {
    return this.watch.stop();
  }
}

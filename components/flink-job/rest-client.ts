import { readFile } from "node:fs/promises";
import { messageOf, rootCause, temporaryError } from "./failures";
import type { CheckpointStatistics, CompletedCheckpoint, FlinkRest, JobSummary } from "./model";
import type { Timeouts } from "./settings";

/** Flink keeps a job's last checkpoint after a cancel only if it is told to; every restart of ours depends on it. */
const retainCheckpoints = {
  "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
};

interface CheckpointAnswer {
  external_path: string;
  latest_ack_timestamp: number;
  discarded?: boolean;
}

/**
 * A client of the REST interface of Flink 1.20's JobManager.
 * @param address e.g. `http://127.0.0.1:8081`
 */
export function flinkRest(address: string, timeouts: Pick<Timeouts, "requestMs" | "submitMs">): FlinkRest {
  const { requestMs, submitMs } = timeouts;

  async function get<T>(path: string): Promise<T> {
    return request<T>(address, "GET", path, requestMs);
  }

  return {
    async jobs() {
      type Answer = {
        jid: string;
        name: string;
        state: string;
        "start-time": number;
        tasks: JobSummary["tasks"];
      };
      const { jobs } = await get<{ jobs: Answer[] }>("/jobs/overview");
      return jobs.map(({ jid, name, state, tasks, ...job }) => ({
        id: jid,
        name,
        state,
        startTime: job["start-time"],
        tasks,
      }));
    },

    async checkpoints(jobId) {
      type Latest = Record<"completed" | "savepoint", CheckpointAnswer | null>;
      const answer = await get<{ counts: { completed: number }; latest: Latest }>(
        `/jobs/${jobId}/checkpoints`,
      );
      const statistics: CheckpointStatistics = { completed: answer.counts.completed };
      if (answer.latest.completed) statistics.latestCheckpoint = completedCheckpoint(answer.latest.completed);
      if (answer.latest.savepoint) statistics.latestSavepoint = completedCheckpoint(answer.latest.savepoint);
      return statistics;
    },

    async newestException(jobId) {
      type History = { exceptionHistory: { entries: { stacktrace: string }[] } };
      const { exceptionHistory } = await get<History>(`/jobs/${jobId}/exceptions`);
      return exceptionHistory.entries[0]?.stacktrace;
    },

    async configuration() {
      const entries = await get<{ key: string; value: string }[]>("/jobmanager/config");
      return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
    },

    async jars() {
      return (await get<{ files: { id: string; name: string }[] }>("/jars")).files;
    },

    async uploadJar(path, fileName) {
      const form = new FormData();
      form.append(
        "jarfile",
        new Blob([await readFile(path)], { type: "application/x-java-archive" }),
        fileName,
      );
      const { filename } = await request<{ filename: string }>(
        address,
        "POST",
        "/jars/upload",
        submitMs,
        form,
      );
      return filename.slice(filename.lastIndexOf("/") + 1);
    },

    async deleteJar(jarId) {
      await request(address, "DELETE", `/jars/${encodeURIComponent(jarId)}`, requestMs);
    },

    async run(jarId, job) {
      await request(address, "POST", `/jars/${encodeURIComponent(jarId)}/run`, submitMs, {
        jobId: job.jobId,
        entryClass: job.entryClass,
        programArgsList: job.args,
        parallelism: job.parallelism,
        savepointPath: job.savepointPath,
        allowNonRestoredState: false,
        flinkConfiguration: { "pipeline.name": job.name, ...retainCheckpoints },
      });
    },

    async cancel(jobId) {
      await request(address, "PATCH", `/jobs/${jobId}?mode=cancel`, requestMs);
    },

    async stopWithSavepoint(jobId, directory) {
      const body = { drain: false, targetDirectory: directory };
      const answer = await request<{ "request-id": string }>(
        address,
        "POST",
        `/jobs/${jobId}/stop`,
        requestMs,
        body,
      );
      return answer["request-id"];
    },

    async savepointProgress(jobId, triggerId) {
      type Operation = { location?: string; "failure-cause"?: { "stack-trace": string } };
      const { status, operation } = await get<{ status: { id: string }; operation?: Operation }>(
        `/jobs/${jobId}/savepoints/${triggerId}`,
      );
      if (status.id !== "COMPLETED") return { status: "running" };
      if (operation?.location) return { status: "completed", location: operation.location };
      return {
        status: "failed",
        reason: rootCause(operation?.["failure-cause"]?.["stack-trace"] ?? "no reason given"),
      };
    },
  };
}

function completedCheckpoint(answer: CheckpointAnswer): CompletedCheckpoint {
  return {
    path: answer.external_path,
    completedAt: answer.latest_ack_timestamp,
    discarded: answer.discarded ?? false,
  };
}

/** One request. Silence and 5xx are temporary errors; 4xx is final and says why in the job's own words. */
async function request<T>(
  address: string,
  method: string,
  path: string,
  timeoutMs: number,
  body?: FormData | object,
): Promise<T> {
  const what = `${method} ${address}${path}`;
  let status: number;
  let text: string;
  try {
    const response = await fetch(address.replace(/\/$/, "") + path, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body instanceof FormData && { body }),
      ...(body &&
        !(body instanceof FormData) && {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause;
    throw temporaryError(`no answer from Flink: ${what}: ${messageOf(cause ?? error)}`);
  }
  if (status < 400) return (text === "" ? {} : JSON.parse(text)) as T;
  const message = `Flink refused ${what} (${status}): ${refusal(text)}`;
  throw status >= 500 ? temporaryError(message) : Object.assign(new Error(message), { status });
}

/** The reason in an error answer, `{"errors": ["…", "<Exception on server side:\n…stack trace…>"]}`. */
function refusal(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors: string[] };
    return rootCause((errors.at(-1) ?? "").replace(/^<Exception on server side:\n/, ""));
  } catch {
    return text.slice(0, 500);
  }
}

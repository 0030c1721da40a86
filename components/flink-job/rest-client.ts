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

interface LatestAnswer {
  completed: CheckpointAnswer | null;
  savepoint: CheckpointAnswer | null;
  restored: { external_path: string; restore_timestamp: number } | null;
}

/**
 * A client of the REST interface of Flink 1.20's JobManager.
 * @param address e.g. `http://127.0.0.1:8081`
 */
export function flinkRest(address: string, timeouts: Pick<Timeouts, "requestMs" | "submitMs">): FlinkRest {
  const { requestMs, submitMs } = timeouts;

  async function get<T>(path: string): Promise<T> {
    return request<T>(address, { method: "GET", path, timeoutMs: requestMs });
  }

  return {
    async jobs() {
      type Answer = Omit<JobSummary, "id"> & { jid: string };
      const { jobs } = await get<{ jobs: Answer[] }>("/jobs/overview");
      return jobs.map(({ jid, name, state, tasks }) => ({ id: jid, name, state, tasks }));
    },

    async checkpoints(jobId) {
      const { latest } = await get<{ latest: LatestAnswer }>(`/jobs/${jobId}/checkpoints`);
      const { completed, savepoint, restored } = latest;
      const statistics: CheckpointStatistics = {};
      if (completed) statistics.latestCheckpoint = completedCheckpoint(completed);
      if (savepoint) statistics.latestSavepoint = completedCheckpoint(savepoint);
      if (restored) {
        statistics.restored = { path: restored.external_path, restoredAt: restored.restore_timestamp };
      }
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

    async slots() {
      type Answer = { "slots-total": number; "slots-available": number };
      const answer = await get<Answer>("/overview");
      return { total: answer["slots-total"], free: answer["slots-available"] };
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
      const upload = { method: "POST", path: "/jars/upload", timeoutMs: submitMs, form };
      const { filename } = await request<{ filename: string }>(address, upload);
      return filename.slice(filename.lastIndexOf("/") + 1);
    },

    async deleteJar(jarId) {
      const path = `/jars/${encodeURIComponent(jarId)}`;
      await request(address, { method: "DELETE", path, timeoutMs: requestMs });
    },

    async run(jarId, job) {
      const json = {
        jobId: job.jobId,
        entryClass: job.entryClass,
        programArgsList: job.args,
        parallelism: job.parallelism,
        savepointPath: job.savepointPath,
        allowNonRestoredState: job.dropsUnclaimedState,
        flinkConfiguration: { "pipeline.name": job.name, ...retainCheckpoints },
      };
      const path = `/jars/${encodeURIComponent(jarId)}/run`;
      try {
        await request(address, { method: "POST", path, timeoutMs: submitMs, json });
      } catch (error) {
        const message = messageOf(error);
        // The JobManager answers 400 also when it has not waited long enough for itself: it may yet take the job.
        if (message.includes("(AskTimeoutException)")) throw temporaryError(message);
        if (!message.includes("(DuplicateJobSubmissionException)")) throw error;
      }
    },

    async cancel(jobId) {
      await request(address, { method: "PATCH", path: `/jobs/${jobId}?mode=cancel`, timeoutMs: requestMs });
    },

    async stopWithSavepoint(jobId, triggerId, directory) {
      const json = { drain: false, targetDirectory: directory, triggerId };
      await request(address, { method: "POST", path: `/jobs/${jobId}/stop`, timeoutMs: requestMs, json });
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

interface Request {
  method: string;
  path: string;
  timeoutMs: number;
  json?: object;
  form?: FormData;
}

/** Silence and 5xx are temporary errors; 4xx is final. Both are told with the reason first. */
async function request<T>(address: string, { method, path, timeoutMs, json, form }: Request): Promise<T> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(address.replace(/\/$/, "") + path, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(form && { body: form }),
      ...(json && { body: JSON.stringify(json), headers: { "content-type": "application/json" } }),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error;
    const isUntaken = (cause as { code?: unknown }).code === "ECONNREFUSED";
    throw temporaryError(
      `no answer from Flink: ${messageOf(cause)} (${method} ${address}${path})`,
      isUntaken,
    );
  }
  if (status < 400) return (text === "" ? {} : JSON.parse(text)) as T;
  const message = `Flink refused: ${refusal(text)} (${status}, ${method} ${path})`;
  // 503: there is no leader to hand the request to.
  throw status >= 500
    ? temporaryError(message, status === 503)
    : Object.assign(new Error(message), { status });
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

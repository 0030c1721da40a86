import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { VolumeFile } from "../../components/flink-job/model";

/** What a submission asked for, as it came over the wire. */
export interface Submission {
  jobId: string;
  jar: string;
  args: string[];
  parallelism: number;
  savepointPath: string | undefined;
  allowNonRestoredState: boolean;
  configuration: Record<string, string>;
}

/** How a submitted job behaves. Everything is healthy by default. */
export interface Behaviour {
  /** The name that the jar gives its job. @default the one in the run request's configuration */
  name?: string;
  /** Java stack trace with which the job fails right after its start. */
  failsWith?: string;
  /** @default 15; Infinity: it never completes one */
  checkpointEveryMs?: number;
  /** A job that fails and restarts over and over: RESTARTING, no task running. */
  restartsForever?: boolean;
  /** What becomes of a stop with savepoint; undone: it is written, but then the JobManager dies. @default "completes" */
  savepoint?: "completes" | "fails" | "hangs" | "undone";
  /** How long the job stays CANCELLING. @default 10 */
  cancelMs?: number;
}

interface FakeJob {
  id: string;
  name: string;
  submission: Submission;
  behaviour: Behaviour;
  startedAt: number;
  endedAt?: number;
  endState?: "CANCELED" | "FINISHED" | "FAILED";
  failure?: string;
  savepoint?: { path: string; at: number };
  /** Savepoint requests that the JobManager remembers. */
  triggers: Set<string>;
  restored?: { path: string; at: number };
  /** Since when the job completes checkpoints, and how many it had completed before. */
  line: { from: number; base: number };
  /** Its tasks do not run any more since. */
  haltedAt?: number;
  /** A state that it does not come out of. */
  heldIn?: "FAILING" | "SUSPENDED";
  /** Until then the JobManager is recovering it, and can tell nothing of it. */
  recoveredAt?: number;
}

const checkpointsFolder = "/state/checkpoints";
const savepointsFolder = "/state/savepoints";
const tasksPerJob = 3;
const retainedCheckpoints = 2;

/**
 * Stands in for a JobManager of Flink 1.20 in unit tests: an HTTP server that keeps the contract of its REST interface as
 * far as a `FlinkJob` uses it (paths, methods, field names, status codes, asynchronous savepoints, job and trigger ids chosen by the
 * submitter and refused when taken), and a checkpoint volume. It runs nothing. The same lifecycle against a real cluster
 * is the stack suite's business.
 */
export class FakeJobManager {
  readonly jobs: FakeJob[] = [];
  /** Jars that were uploaded and not deleted, by id. */
  readonly jars = new Map<string, { name: string; content: string }>();
  readonly submissions: Submission[] = [];
  /** Savepoint requests, in order. */
  readonly stops: { jobId: string; drain: boolean; targetDirectory: string | undefined }[] = [];
  /** No leader: every request is answered with 503, as during a failover. */
  electing = false;
  /** Takes the next run request and breaks the connection; the job comes after this many milliseconds. */
  losesNextAnswerFor: number | undefined;
  /** Answers the next run request with its own time-out instead; the job comes all the same. */
  timesOutNext = false;
  /** The next request of this method and path finds no leader. */
  refusesNext: RegExp | undefined;
  behaviourOf: (submission: Submission) => Behaviour = () => ({});

  /** A main method that runs already does not mind that its jar is deleted. */
  private readonly uploaded = new Map<string, { name: string; content: string }>();
  private readonly files: VolumeFile[] = [];
  private uploads = 0;

  private constructor(
    readonly url: string,
    private readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<FakeJobManager> {
    const server = createServer((request, response) => {
      manager.answer(request, response).catch((error: unknown) => {
        response.writeHead(error instanceof Refusal ? error.status : 500).end(
          JSON.stringify({
            errors: ["Internal server error.", `<Exception on server side:\n${String(error)}>`],
          }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const manager = new FakeJobManager(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return manager;
  }

  async stop(): Promise<void> {
    await this.close();
  }

  /** A job that somebody else submitted. */
  addForeignJob(name: string, id = "f".repeat(32)): void {
    const submission = { jobId: id, jar: "", args: [], parallelism: 1, savepointPath: undefined };
    this.startJob(
      { ...submission, allowNonRestoredState: false, configuration: { "pipeline.name": name } },
      {},
    );
  }

  /** As by `flink cancel`: the job ends, its checkpoints stay on the volume. */
  endJob(id: string, state: "CANCELED" | "FAILED" | "FINISHED", failure?: string): void {
    const job = this.job(id);
    this.writeCheckpoints();
    job.endedAt = Date.now();
    job.endState = state;
    if (failure !== undefined) job.failure = failure;
  }

  /** Another behaviour for a job that runs already. */
  behave(id: string, behaviour: Behaviour): void {
    this.job(id).behaviour = behaviour;
  }

  /** Its tasks fail and restart over and over from now on. */
  haltJob(id: string): void {
    this.writeCheckpoints();
    this.job(id).haltedAt = Date.now();
  }

  /** The job does not come out of this state. */
  holdJob(id: string, state: "FAILING" | "SUSPENDED"): void {
    this.job(id).heldIn = state;
  }

  /**
   * The JobManager dies when it has written the job's next checkpoint and before that counts, and recovers the job from
   * the one before.
   */
  undoCheckpoint(id: string): { undone: string; restored: string } {
    const job = this.job(id);
    this.writeCheckpoints();
    const last = completedBy(job);
    const undone = checkpointPath(job, last + 1);
    this.files.push({ path: `${undone}/_metadata`, modifiedAt: Date.now() + 1 });
    const restored = this.recover(job, last);
    return { undone: `file:${undone}`, restored };
  }

  /** A cluster without memory of its jobs, as after a restart without high availability. The volume stays. */
  forgetJobs(): void {
    this.writeCheckpoints();
    this.jobs.length = 0;
  }

  /** The jobs that have not ended. */
  running(): FakeJob[] {
    return this.jobs.filter((job) => !["CANCELED", "FAILED", "FINISHED"].includes(stateOf(job)));
  }

  /** What `find` would list on the checkpoint volume. */
  volume(): VolumeFile[] {
    this.writeCheckpoints();
    return [...this.files];
  }

  /** Loses all that is on the checkpoint volume. */
  wipeVolume(): void {
    this.files.length = 0;
  }

  private startJob(submission: Submission, behaviour: Behaviour): void {
    const name = behaviour.name ?? submission.configuration["pipeline.name"] ?? "unnamed";
    const startedAt = Date.now();
    const job: FakeJob = {
      ...{ id: submission.jobId, name, submission, behaviour, startedAt },
      ...{ triggers: new Set(), line: { from: startedAt, base: 0 } },
    };
    const from = submission.savepointPath;
    const isThere = this.volume().some(({ path }) => `file:${path}` === `${from}/_metadata`);
    if (from !== undefined && isThere) job.restored = { path: from, at: startedAt };
    if (from !== undefined && !isThere) {
      job.behaviour = {
        ...behaviour,
        failsWith: `java.io.FileNotFoundException: Cannot find checkpoint ${from}`,
      };
    }
    this.jobs.push(job);
  }

  /** The job's tasks do not come up again. */
  private recover(job: FakeJob, checkpoint: number): string {
    const path = `file:${checkpointPath(job, checkpoint)}`;
    const now = Date.now();
    job.recoveredAt = now + 30;
    job.restored = { path, at: job.recoveredAt };
    job.line = { from: job.recoveredAt, base: checkpoint };
    job.haltedAt = now;
    job.triggers.clear();
    return path;
  }

  /** Brings the volume to what the running jobs would have written by now. */
  private writeCheckpoints(): void {
    for (const job of this.running()) {
      for (let number = 1; number <= completedBy(job); number++) {
        const path = `${checkpointPath(job, number)}/_metadata`;
        if (number <= completedBy(job) - retainedCheckpoints) {
          const index = this.files.findIndex((file) => file.path === path);
          if (index >= 0) this.files.splice(index, 1);
        } else if (!this.files.some((file) => file.path === path)) {
          this.files.push({ path, modifiedAt: completionTime(job, number) });
        }
      }
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await readBody(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    if (this.electing)
      throw new Refusal(503, "Service temporarily unavailable due to an ongoing leader election.");

    const route = `${request.method} ${pathname}`;
    if (this.refusesNext?.test(route)) {
      this.refusesNext = undefined;
      throw new Refusal(503, "Service temporarily unavailable due to an ongoing leader election.");
    }
    const [, jobId = "", rest = ""] = /^\/jobs\/([0-9a-f]{32})(.*)$/.exec(pathname) ?? [];
    const [, jarId = "", jarAction = ""] = /^\/jars\/([^/]+)(\/run)?$/.exec(pathname) ?? [];
    const send = (status: number, answer: unknown) => response.writeHead(status).end(JSON.stringify(answer));

    if (route === "GET /jobs/overview") return void send(200, { jobs: this.jobs.map(overviewOf) });
    if (route === "GET /jobmanager/config") return void send(200, clusterConfiguration);
    if (route === "GET /overview")
      return void send(200, { "slots-total": 4, "slots-available": 4 - this.running().length });
    if (route === "GET /jars") return void send(200, { address: this.url, files: this.listJars() });
    if (route === "POST /jars/upload") return void send(200, this.takeUpload(request, content));
    if (jarId && request.method === "DELETE") {
      if (!this.jars.delete(decodeURIComponent(jarId)))
        throw new Refusal(400, `File ${jarId} does not exist`);
      return void send(200, {});
    }
    if (jarAction === "/run" && request.method === "POST") {
      const body = JSON.parse(content.toString()) as RunBody;
      const jobid = this.losesNextAnswerFor === undefined ? this.run(jarId, body) : undefined;
      if (this.timesOutNext) {
        this.timesOutNext = false;
        throw new Refusal(400, submitTimeout);
      }
      if (jobid !== undefined) return void send(200, { jobid });
      setTimeout(() => this.run(jarId, body), this.losesNextAnswerFor);
      this.losesNextAnswerFor = undefined;
      return void response.destroy();
    }
    if (jobId && request.method === "PATCH" && rest === "" && searchParams.get("mode") === "cancel") {
      this.cancel(this.job(jobId));
      return void send(202, {});
    }
    if (jobId && request.method === "POST" && rest === "/stop") {
      this.stopWithSavepoint(this.job(jobId), JSON.parse(content.toString()) as StopBody);
      return void send(202, {});
    }
    if (jobId && request.method === "GET") {
      const job = this.job(jobId);
      if (rest === "/checkpoints") {
        if (Date.now() < (job.recoveredAt ?? 0)) throw new Refusal(500, "The job is initializing.");
        return void send(200, this.checkpointsOf(job));
      }
      if (rest === "/exceptions") return void send(200, { exceptionHistory: { entries: exceptionsOf(job) } });
      const [, triggerId] = /^\/savepoints\/([0-9a-f]{32})$/.exec(rest) ?? [];
      if (triggerId !== undefined && job.triggers.has(triggerId)) return void send(200, savepointOf(job));
    }
    throw new Refusal(404, `Not found: ${route}`);
  }

  private job(id: string): FakeJob {
    const job = this.jobs.find((candidate) => candidate.id === id);
    if (!job)
      throw new Refusal(404, `org.apache.flink.runtime.messages.FlinkJobNotFoundException: no job ${id}`);
    return job;
  }

  private takeUpload(request: IncomingMessage, body: Buffer): { filename: string; status: string } {
    const [, name] = /name="jarfile"; filename="([^"]+\.jar)"/.exec(body.toString("latin1")) ?? [];
    if (!request.headers["content-type"]?.startsWith("multipart/form-data") || !name) {
      throw new Refusal(400, "Only Jar files are allowed.");
    }
    const id = `0000-${++this.uploads}_${name}`;
    const [, content = ""] = /\r\n\r\n([\s\S]*?)\r\n--/.exec(body.toString("latin1")) ?? [];
    this.jars.set(id, { name, content });
    this.uploaded.set(id, { name, content });
    return { filename: `/opt/flink/state/jars/flink-web-upload/${id}`, status: "success" };
  }

  private listJars() {
    return [...this.jars].map(([id, { name }]) => ({ id, name, uploaded: 0, entry: [] }));
  }

  private run(jarId: string, body: RunBody): string {
    const jar = this.uploaded.get(decodeURIComponent(jarId));
    if (!jar) throw new Refusal(400, `Jar file ${jarId} does not exist`);
    if (!/^[0-9a-f]{32}$/.test(body.jobId)) throw new Refusal(400, `not a job id: ${body.jobId}`);
    if (this.running().some(({ id }) => id === body.jobId)) {
      throw new Refusal(
        400,
        "org.apache.flink.util.FlinkRuntimeException: Could not run\n" +
          "Caused by: org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted.",
      );
    }
    const submission: Submission = {
      jobId: body.jobId,
      jar: jar.content,
      args: body.programArgsList,
      parallelism: body.parallelism,
      savepointPath: body.savepointPath,
      allowNonRestoredState: body.allowNonRestoredState,
      configuration: body.flinkConfiguration,
    };
    this.submissions.push(submission);
    this.startJob(submission, this.behaviourOf(submission));
    return submission.jobId;
  }

  private cancel(job: FakeJob): void {
    if (job.endState) throw new Refusal(409, `Job ${job.id} has already reached another terminal state.`);
    this.writeCheckpoints();
    job.endState = "CANCELED";
    job.endedAt = Date.now() + (job.behaviour.cancelMs ?? 10);
  }

  /** The answer comes at once; what becomes of the savepoint is to be asked for. */
  private stopWithSavepoint(job: FakeJob, { triggerId, drain, targetDirectory }: StopBody): void {
    if (job.triggers.has(triggerId)) return;
    job.triggers.add(triggerId);
    this.stops.push({ jobId: job.id, drain, targetDirectory });
    const { savepoint = "completes" } = job.behaviour;
    if (savepoint === "fails" || savepoint === "hangs") return;
    this.writeCheckpoints();
    const path = `${savepointsFolder}/savepoint-${job.id.slice(0, 6)}-0123456789ab`;
    this.files.push({ path: `${path}/_metadata`, modifiedAt: Date.now() });
    if (savepoint === "undone") {
      this.recover(job, completedBy(job));
    } else {
      job.savepoint = { path, at: Date.now() };
      job.endState = "FINISHED";
      job.endedAt = Date.now() + 10;
    }
  }

  private checkpointsOf(job: FakeJob) {
    const completed = completedBy(job);
    return {
      counts: { restored: 0, total: completed, in_progress: 0, completed, failed: 0 },
      latest: {
        completed:
          completed === job.line.base
            ? null
            : {
                external_path: `file:${checkpointPath(job, completed)}`,
                latest_ack_timestamp: completionTime(job, completed),
                discarded: false,
              },
        restored: job.restored
          ? { external_path: job.restored.path, restore_timestamp: job.restored.at }
          : null,
        savepoint: job.savepoint
          ? {
              external_path: `file:${job.savepoint.path}`,
              latest_ack_timestamp: job.savepoint.at,
              discarded: false,
            }
          : null,
      },
    };
  }
}

interface RunBody {
  jobId: string;
  programArgsList: string[];
  parallelism: number;
  savepointPath?: string;
  allowNonRestoredState: boolean;
  flinkConfiguration: Record<string, string>;
}

interface StopBody {
  triggerId: string;
  drain: boolean;
  targetDirectory?: string;
}

const clusterConfiguration = [
  { key: "execution.checkpointing.dir", value: `file://${checkpointsFolder}` },
  { key: "execution.checkpointing.savepoint-dir", value: `file://${savepointsFolder}` },
];

/** The JobManager's patience with itself is 10 seconds. */
const submitTimeout =
  "java.util.concurrent.CompletionException: Could not execute application.\n" +
  "Caused by: java.util.concurrent.TimeoutException: Invocation of [LocalRpcInvocation(DispatcherGateway.submitJob(" +
  "JobGraph, Time))] at recipient [pekko://flink/user/rpc/dispatcher_1] timed out.\n\tat a.B.c(B.java:1)\n" +
  "Caused by: org.apache.pekko.pattern.AskTimeoutException: Ask timed out on [Actor[pekko://flink]].\n\tat d.E.f(E.java:2)";

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  override toString(): string {
    return this.message;
  }
}

function stateOf(job: FakeJob): string {
  const { behaviour, endState, endedAt = Infinity } = job;
  if (job.heldIn) return job.heldIn;
  if (endState) return Date.now() >= endedAt ? endState : endState === "CANCELED" ? "CANCELLING" : "RUNNING";
  if (behaviour.failsWith !== undefined) return "FAILED";
  if (Date.now() < (job.recoveredAt ?? 0)) return "INITIALIZING";
  if (behaviour.restartsForever || job.haltedAt !== undefined) return "RESTARTING";
  return "RUNNING";
}

function checkpointPath(job: FakeJob, number: number): string {
  return `${checkpointsFolder}/${job.id}/chk-${number}`;
}

function completionTime({ line, ...job }: FakeJob, number: number): number {
  return line.from + (number - line.base) * checkpointEvery(job);
}

function checkpointEvery(job: Pick<FakeJob, "behaviour">): number {
  return job.behaviour.checkpointEveryMs ?? 15;
}

function completedBy(job: FakeJob): number {
  if (job.behaviour.failsWith !== undefined || job.behaviour.restartsForever) return 0;
  const { from, base } = job.line;
  const until = Math.min(Date.now(), job.savepoint?.at ?? job.endedAt ?? job.haltedAt ?? Infinity);
  return base + Math.max(0, Math.floor((until - from) / checkpointEvery(job)));
}

function overviewOf(job: FakeJob) {
  const state = stateOf(job);
  const running = state === "RUNNING" ? tasksPerJob : 0;
  const tasks = { total: tasksPerJob, running, finished: 0, canceled: 0, failed: 0 };
  return {
    jid: job.id,
    name: job.name,
    state,
    "start-time": job.startedAt,
    "end-time": job.endedAt ?? -1,
    tasks,
  };
}

function exceptionsOf(job: FakeJob) {
  const stacktrace = job.failure ?? job.behaviour.failsWith;
  return stacktrace === undefined ? [] : [{ stacktrace, timestamp: job.startedAt }];
}

function savepointOf(job: FakeJob) {
  if (job.savepoint)
    return { status: { id: "COMPLETED" }, operation: { location: `file:${job.savepoint.path}` } };
  if (job.behaviour.savepoint === "hangs") return { status: { id: "IN_PROGRESS" } };
  const stackTrace =
    "org.apache.flink.runtime.checkpoint.CheckpointException: The disk is full.\n\tat x.Y.z(Y.java:1)";
  return { status: { id: "COMPLETED" }, operation: { "failure-cause": { "stack-trace": stackTrace } } };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

import type { Timeouts } from "./settings";

/** Where a session cluster is, seen from the host. */
export interface FlinkClusterAddress {
  /** The JobManager's REST address, e.g. `http://127.0.0.1:8081`. */
  rest: string;
  /**
   * A container that mounts the checkpoint volume. With it the newest checkpoint is found even when the cluster has
   * forgotten the job; without it only the cluster's own memory can be asked, which lags and does not outlive it.
   */
  container?: string;
}

/** What a job should be: the resolved arguments of a `FlinkJob`. */
export interface JobSpec {
  name: string;
  cluster: FlinkClusterAddress;
  jar: string;
  jarHash: string;
  entryClass?: string;
  args: string[];
  parallelism: number;
  savepointDir?: string;
  dropsUnclaimedState?: boolean;
  generation?: string;
  timeouts?: Partial<Timeouts>;
}

/** What is known of a submitted job: the outputs of a `FlinkJob`, kept in Pulumi's state. */
export interface JobRecord extends JobSpec {
  jobId: string;
  /** Flink's word for the job's state when it was last looked at, or MISSING. */
  state: string;
  /** The savepoint or checkpoint that the running job started from; empty for a fresh start. */
  restoredFrom: string;
  /** Base folder of the checkpoints, e.g. `file:/flink/checkpoints`; empty as long as nobody has seen one. */
  checkpointDir: string;
  /** Milliseconds since 1970 before the first submission: older checkpoints belong to somebody else. */
  since: number;
  /** Why the next update has something to repair; absent on a healthy job. */
  drift?: string;
  /** Where a failed update left off, and when; what was saved before does not count. Absent while the job runs. */
  leftOff?: RestorePoint;
}

/** A savepoint or retained checkpoint from which a job can go on. */
export interface RestorePoint {
  path: string;
  completedAt: number;
}

/** A job as the JobManager's overview lists it. */
export interface JobSummary {
  id: string;
  name: string;
  state: string;
  tasks: { total: number; running: number; finished: number };
}

/** A completed checkpoint or savepoint in a job's statistics. */
export interface CompletedCheckpoint {
  path: string;
  completedAt: number;
  discarded: boolean;
}

export interface CheckpointStatistics {
  latestCheckpoint?: CompletedCheckpoint;
  latestSavepoint?: CompletedCheckpoint;
  /** What the job was restored from last, and when. */
  restored?: { path: string; restoredAt: number };
}

export interface RunRequest {
  jobId: string;
  name: string;
  entryClass?: string;
  args: string[];
  parallelism: number;
  savepointPath?: string;
  /** Whether state that no operator claims is dropped, rather than the submission refused. */
  dropsUnclaimedState: boolean;
}

export type SavepointProgress =
  { status: "running" } | { status: "completed"; location: string } | { status: "failed"; reason: string };

/** A file found on the checkpoint volume. */
export interface VolumeFile {
  path: string;
  modifiedAt: number;
}

/** The JobManager, as far as a job's life needs it. Every method may throw; see `isTemporary`. */
export interface FlinkRest {
  jobs(): Promise<JobSummary[]>;
  checkpoints(jobId: string): Promise<CheckpointStatistics>;
  /** The newest failure of a job as a Java stack trace. */
  newestException(jobId: string): Promise<string | undefined>;
  configuration(): Promise<Record<string, string>>;
  /** Task slots of the whole cluster. */
  slots(): Promise<{ total: number; free: number }>;
  jars(): Promise<{ id: string; name: string }[]>;
  /** @returns the id under which the jar can be run */
  uploadJar(path: string, fileName: string): Promise<string>;
  deleteJar(jarId: string): Promise<void>;
  /** Runs the jar's main method, which submits the job. That it has been submitted already is fine. */
  run(jarId: string, request: RunRequest): Promise<void>;
  cancel(jobId: string): Promise<void>;
  /** @param triggerId 32 hex digits, under which progress can be asked; the same one again is no second request */
  stopWithSavepoint(jobId: string, triggerId: string, directory?: string): Promise<void>;
  savepointProgress(jobId: string, triggerId: string): Promise<SavepointProgress>;
}

/** Everything outside that a job's life touches, so that tests can stand in for it. */
export interface World {
  flink: FlinkRest;
  /** Files named `_metadata` below the given folders; undefined where no container is known that mounts them. */
  listMetadata(directories: string[]): Promise<VolumeFile[] | undefined>;
  /** SHA-256 of a file's content as hex, or undefined if there is no such file. */
  hashOfFile(path: string): Promise<string | undefined>;
  now(): number;
  log(message: string): void;
  timeouts: Timeouts;
}

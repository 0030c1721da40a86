/** Every bound and interval of a job's life, in milliseconds. All of them can be set per job. */
export interface Timeouts {
  /** How long create and update wait for a JobManager that does not answer yet. */
  reachableMs: number;
  /** How long refresh waits for it before it keeps the state as it is. Longer than a failover (14 s measured). */
  refreshReachableMs: number;
  /** How long delete waits for it before it takes the cluster for dead. Longer than a failover: its jobs come back. */
  deleteReachableMs: number;
  /** One request, except a submission. */
  requestMs: number;
  /** Uploading a jar, and running its main method in the JobManager. */
  submitMs: number;
  /** From submission to the first completed checkpoint. Generous, for slow machines and large first snapshots. */
  firstCheckpointMs: number;
  /** Stop with savepoint, from the request to its end. */
  savepointMs: number;
  /** From a cancel request until the job is gone. */
  cancelMs: number;
  /** How long refresh watches a job that is on its way out (CANCELLING, FAILING, SUSPENDED) before it judges. */
  settleMs: number;
  /** Between two looks at the JobManager. */
  pollMs: number;
}

export const defaultTimeouts: Timeouts = {
  reachableMs: 60_000,
  refreshReachableMs: 20_000,
  deleteReachableMs: 30_000,
  requestMs: 10_000,
  submitMs: 120_000,
  firstCheckpointMs: 180_000,
  savepointMs: 180_000,
  cancelMs: 60_000,
  settleMs: 15_000,
  pollMs: 500,
};

import * as pulumi from "@pulumi/pulumi";
import type { UpdateFailure } from "./flink-job/attempt";
import { checkJob, diffJob } from "./flink-job/diff";
import { endWithPulumi } from "./flink-job/end-with-pulumi";
import { createJob, deleteJob, readJob, updateJob } from "./flink-job/lifecycle";
import type { FlinkClusterAddress, JobRecord, JobSpec } from "./flink-job/model";
import type { Timeouts } from "./flink-job/settings";
import { worldOf } from "./flink-job/world";

export type { FlinkClusterAddress } from "./flink-job/model";

export interface FlinkJobArgs {
  /** The job's name on the cluster. Unique there: the resource owns it. a-z, 0-9 and `-`. */
  name: pulumi.Input<string>;
  /** The session cluster to run on. Another address replaces the job, the old one deleted first. */
  cluster: { [key in keyof FlinkClusterAddress]: pulumi.Input<FlinkClusterAddress[key]> };
  /** Path of the jar on this machine, one per content: a failed update goes back to the old jar, if it is still there. */
  jar: pulumi.Input<string>;
  /** SHA-256 of the jar as hex. Another hash means another version, whatever the path. */
  jarHash: pulumi.Input<string>;
  /** Class with the main method. @default the one in the jar's manifest */
  entryClass?: pulumi.Input<string>;
  /** The program's arguments. Passwords never: name files. */
  args: pulumi.Input<pulumi.Input<string>[]>;
  /** Tasks per operator, at least 1, at most the cluster's slots. */
  parallelism: pulumi.Input<number>;
  /** Folder for savepoints, as a URI on the cluster. @default the cluster's `execution.checkpointing.savepoint-dir` */
  savepointDir?: pulumi.Input<string>;
  /**
   * Whether a new version may start although it has no operator for some of the saved state, which is then lost. Only
   * for a job that can do without any of its state. @default false
   */
  dropsUnclaimedState?: pulumi.Input<boolean>;
  /**
   * What the job's saved state belongs to, in words. Other words start the job without it, as if for the first time.
   * @default one generation for ever
   */
  generation?: pulumi.Input<string>;
  /** Bounds that differ from `defaultTimeouts`, in milliseconds. */
  timeouts?: pulumi.Input<Partial<Timeouts>>;
}

/** Pulumi passes the provider's own code along with the properties. */
type Properties<T> = T & { __provider?: string };

/** Pulumi stores this object's code in the state and runs that on refresh and destroy: it stays thin and holds no value. */
const provider: pulumi.dynamic.ResourceProvider = {
  /** Once in each process, before anything else. */
  async configure() {
    endWithPulumi();
  },

  check: (_olds: JobSpec, news: JobSpec) => Promise.resolve({ inputs: news, failures: checkJob(news) }),

  diff: (_id: string, olds: JobRecord, news: JobSpec) => Promise.resolve(diffJob(olds, news)),

  async create(news: Properties<JobSpec>) {
    const spec = withoutProvider(news);
    try {
      return { id: spec.name, outs: await createJob(worldOf(spec), spec) };
    } catch (error) {
      throw withState(spec.name, error as Partial<UpdateFailure>, news.__provider);
    }
  },

  async read(id: string, props: JobRecord) {
    return { id, props: await readJob(worldOf(props), props) };
  },

  async update(id: string, olds: Properties<JobRecord>, news: Properties<JobSpec>) {
    const spec = withoutProvider(news);
    try {
      return { outs: await updateJob(worldOf(spec), withoutProvider(olds), spec) };
    } catch (error) {
      throw withState(id, error as Partial<UpdateFailure>, news.__provider);
    }
  },

  async delete(_id: string, props: JobRecord) {
    await deleteJob(worldOf(props), props);
  },
};

function withoutProvider<T extends object>(properties: Properties<T>): T {
  const rest = { ...properties };
  delete rest.__provider;
  return rest;
}

/** Pulumi keeps `properties` of what failed as the resource's state, exactly as given: so with the provider's code. */
function withState(id: string, failure: Partial<UpdateFailure>, __provider?: string): unknown {
  const { record, message } = failure;
  if (!record) return failure;
  return Object.assign(new Error(message), { id, properties: { ...record, __provider }, reasons: [message] });
}

/**
 * A job on a Flink session cluster, with a life: submitted once and only once, updated through a savepoint, repaired after
 * a refresh has found it dead, cancelled on destroy. Created means: it runs and has completed a checkpoint.
 *
 * @example
 * new FlinkJob("capture", {
 *   name: "capture",
 *   cluster: { rest: "http://127.0.0.1:8081", container: "flink-jobmanager" },
 *   jar: "build/jobs/current/mysql-cdc-job.jar",
 *   jarHash,
 *   args: ["--mysql-host", "mysql"],
 *   parallelism: 1,
 * });
 */
export class FlinkJob extends pulumi.dynamic.Resource {
  /** The id of the running job, 32 hex digits. Another one after every update that restarts it. */
  declare readonly jobId: pulumi.Output<string>;
  /** Flink's word for the job's state when Pulumi last looked. */
  declare readonly state: pulumi.Output<string>;
  /** Savepoint or checkpoint that the running job started from; empty after a fresh start. */
  declare readonly restoredFrom: pulumi.Output<string>;
  /** What the last refresh found wrong, or how the last update failed; undefined on a healthy job. */
  declare readonly drift: pulumi.Output<string | undefined>;

  constructor(name: string, args: FlinkJobArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = { jobId: undefined, state: undefined, restoredFrom: undefined, drift: undefined };
    // A replacement that came first would take over the very job that is to be deleted.
    const options = pulumi.mergeOptions({ deleteBeforeReplace: true }, opts);
    super(provider, name, { ...args, ...outputs }, options, "tributary", "FlinkJob");
  }
}

import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Connection } from "./connection";
import { StackNetwork } from "./network";
import type { Secret } from "./secret";
import { connectionTo, createServer, createVolume, httpCheck, VolumeMount } from "./server";
import { ports } from "./stack";
import { Size, toMegabytes } from "./units";

export interface FlinkClusterArgs {
  network: StackNetwork;
  image: pulumi.Input<string>;
  /** @default 1 */
  taskManagers?: number;
  /** Task slots of each TaskManager. @default 2 */
  slots?: number;
  /** Limit of the JobManager's container; the process gets three quarters of it. */
  jobManagerMemory: Size;
  /** Limit of each TaskManager's container; the process gets nine tenths of it. */
  taskManagerMemory: Size;
  /** Host folder with the jars, to be seen at `/opt/flink/jobs` in the JobManager. */
  jobsFolder: string;
  /** Passwords that the jobs read, as `/run/secrets/<name>`. */
  secrets: readonly Secret[];
}

const zooKeeperPort = 2181;
const uid = 9999;
const zooKeeperMemory: Size = "256 MB";

/** Where checkpoints, savepoints and what a failover needs are kept: one volume that all of the cluster sees. */
const stateFolder = "/opt/flink/state";

/** Where the cluster puts savepoints. */
export const savepointsFolder = `file://${stateFolder}/savepoints`;

/**
 * A Flink session cluster that survives the loss of any of its processes: ZooKeeper remembers which jobs there are
 * and their last checkpoint, so a restarted JobManager goes on with the same jobs.
 */
export class FlinkCluster extends pulumi.ComponentResource {
  readonly connection: Connection;
  /** The JobManager's REST address on the host. */
  readonly url: pulumi.Output<string>;
  readonly jobManager: docker.Container;

  constructor(name: string, args: FlinkClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:FlinkCluster", name, {}, opts);

    const zooKeeper = this.createZooKeeper(args);
    const state: VolumeMount = {
      volume: createVolume("flink-state", args.network, { parent: this }),
      path: stateFolder,
    };
    this.jobManager = this.createJobManager(args, state, zooKeeper);
    const taskManagers = Array.from({ length: args.taskManagers ?? 1 }, (_, index) =>
      this.createTaskManager(taskManagerName(index), args, state),
    );

    const jobManager = connectionTo(this.jobManager, args.network, "flink-jobmanager", ports.flink);
    // A job runs on TaskManagers: the cluster counts as reachable when all of them are registered.
    this.connection = {
      internal: afterAll(taskManagers, jobManager.internal),
      external: afterAll(taskManagers, jobManager.external),
    };
    this.url = pulumi.interpolate`http://${this.connection.external}`;
    this.registerOutputs({ url: this.url });
  }

  private createZooKeeper(args: FlinkClusterArgs): docker.Container {
    return createServer(
      "flink-zookeeper",
      {
        network: args.network,
        image: args.image,
        memory: zooKeeperMemory,
        uid,
        command: ["bash", "-c", zooKeeperCommand],
        data: [
          {
            volume: createVolume("flink-zookeeper", args.network, { parent: this }),
            path: "/opt/flink/zookeeper",
          },
        ],
        files: { "/opt/flink/conf/quorum.cfg": zooKeeperConfig },
        healthCheck: `exec 3<>/dev/tcp/127.0.0.1/${zooKeeperPort} && printf ruok >&3 && grep -q imok <&3`,
      },
      { parent: this },
    );
  }

  private createJobManager(
    args: FlinkClusterArgs,
    state: VolumeMount,
    zooKeeper: docker.Container,
  ): docker.Container {
    return createServer(
      "flink-jobmanager",
      {
        network: args.network,
        image: args.image,
        memory: args.jobManagerMemory,
        uid,
        command: ["jobmanager"],
        environment: { FLINK_PROPERTIES: flinkProperties(jobManagerSettings(args)) },
        publish: [ports.flink],
        data: [state],
        folders: { "/opt/flink/jobs": args.jobsFolder },
        secrets: args.secrets,
        healthCheck: httpCheck(ports.flink, "/overview", "taskmanagers"),
      },
      { parent: this, dependsOn: [zooKeeper] },
    );
  }

  private createTaskManager(name: string, args: FlinkClusterArgs, state: VolumeMount): docker.Container {
    return createServer(
      name,
      {
        network: args.network,
        image: args.image,
        memory: args.taskManagerMemory,
        uid,
        command: ["taskmanager"],
        environment: { FLINK_PROPERTIES: flinkProperties(taskManagerSettings(name, args)) },
        data: [state],
        secrets: args.secrets,
        // Ready means that the JobManager knows it.
        healthCheck:
          `exec 3<>/dev/tcp/flink-jobmanager/${ports.flink} && ` +
          `printf 'GET /taskmanagers HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '@${name}:' <&3`,
      },
      { parent: this, dependsOn: [this.jobManager] },
    );
  }
}

/** `flink-taskmanager`, then `flink-taskmanager-2` … */
export function taskManagerName(index: number): string {
  return index === 0 ? "flink-taskmanager" : `flink-taskmanager-${index + 1}`;
}

/** The value, known once all of the containers are healthy. */
function afterAll<T extends string>(
  containers: docker.Container[],
  value: pulumi.Output<T>,
): pulumi.Output<T> {
  const ids = pulumi.all(containers.map(({ id }) => id));
  return ids.apply<T>(() => value);
}

/** ZooKeeper from Flink's own distribution; four-letter words are for its health check. */
const zooKeeperConfig = [
  "tickTime=2000",
  `dataDir=/opt/flink/zookeeper`,
  `clientPort=${zooKeeperPort}`,
  "admin.enableServer=false",
  "4lw.commands.whitelist=ruok",
  "autopurge.purgeInterval=1",
  "",
].join("\n");

/**
 * ZooKeeper shall not tidy up empty containers. It does once a minute, and if that falls between the end of the leader's
 * session and its return, the leader finds no place to line up again and waits for ever: Flink's Curator is older than
 * the fix (CURATOR-724). This is the longest interval there is, in milliseconds: 24 days.
 */
const noTidyingUp = "-Dznode.container.checkIntervalMs=2147483647";

const zooKeeperCommand =
  `exec java -Xmx96m -XX:+UseSerialGC ${noTidyingUp} -cp '/opt/flink/lib/*' ` +
  "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer --zkConfigFile /opt/flink/conf/quorum.cfg --peerId 1";

type FlinkSettings = Readonly<Record<string, string | number>>;

/** The driver's clean-up thread would keep every cancelled job's classes alive. */
const cleanUpOff = "-Dcom.mysql.cj.disableAbandonedConnectionCleanup=true";

/**
 * What JobManager and TaskManagers must agree on. The collectors are named, because Java's own choice differs with the
 * memory: at the TaskManager's rates the parallel one was seen to take an eighth less processor time than G1, and no
 * longer pauses.
 */
const sharedSettings: FlinkSettings = {
  "jobmanager.rpc.address": "flink-jobmanager",
  "high-availability.type": "zookeeper",
  "high-availability.zookeeper.quorum": `flink-zookeeper:${zooKeeperPort}`,
  "high-availability.zookeeper.path.root": "/flink",
  "high-availability.cluster-id": "/tributary",
  "high-availability.storageDir": `file://${stateFolder}/ha`,
  // How long a killed JobManager still counts as the leader.
  "high-availability.zookeeper.client.session-timeout": 8000,
  "execution.checkpointing.dir": `file://${stateFolder}/checkpoints`,
  "execution.checkpointing.savepoint-dir": savepointsFolder,
  "execution.checkpointing.num-retained": 3,
  "heartbeat.interval": 2000,
  "heartbeat.timeout": 10000,
  // `env.java.opts.all` is not for us: it would replace what Flink itself opens to reflection.
  "env.java.opts.jobmanager": `${cleanUpOff} -XX:+UseSerialGC`,
  "env.java.opts.taskmanager": `${cleanUpOff} -XX:+UseParallelGC`,
};

/** Pure. @returns the JobManager's settings */
export function jobManagerSettings({ jobManagerMemory }: { jobManagerMemory: Size }): FlinkSettings {
  return {
    ...sharedSettings,
    "jobmanager.memory.process.size": fractionOf(jobManagerMemory, 0.75),
    "jobmanager.memory.jvm-metaspace.size": "256m",
    "jobmanager.bind-host": "0.0.0.0",
    "rest.address": "flink-jobmanager",
    "rest.bind-address": "0.0.0.0",
    "rest.port": ports.flink,
    // What is told of checkpoints decides from which one a job goes on: it is never an old answer.
    "rest.cache.checkpoint-statistics.timeout": "0 s",
    "web.upload.dir": `${stateFolder}/jars`,
  };
}

/** Pure. @returns the settings of the TaskManager of that name */
export function taskManagerSettings(
  name: string,
  { taskManagerMemory, slots }: { taskManagerMemory: Size; slots?: number },
): FlinkSettings {
  return {
    ...sharedSettings,
    "taskmanager.host": name,
    "taskmanager.bind-host": "0.0.0.0",
    "taskmanager.numberOfTaskSlots": slots ?? 2,
    "taskmanager.memory.process.size": fractionOf(taskManagerMemory, 0.9),
    "taskmanager.memory.jvm-metaspace.size": "384m",
    // The jobs keep their state on the heap; RocksDB is not used.
    "taskmanager.memory.managed.size": "16m",
    "taskmanager.memory.network.min": "64m",
    "taskmanager.memory.network.max": "64m",
  };
}

function fractionOf(memory: Size, fraction: number): string {
  return `${Math.floor(toMegabytes(memory) * fraction)}m`;
}

/** The text that Flink's images take as `FLINK_PROPERTIES`. Pure. */
export function flinkProperties(settings: FlinkSettings): string {
  return Object.entries(settings)
    .map(([option, value]) => `${option}: ${value}`)
    .join("\n");
}

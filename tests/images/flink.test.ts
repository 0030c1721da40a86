import test from "ava";
import { eventually } from "../lib/eventually";
import { Container, createNetwork, imageUnderTest } from "./support/container";

const image = imageUnderTest("flink");
const user = 9999;

const properties = (own: Record<string, string | number>) =>
  Object.entries({
    "jobmanager.rpc.address": "jobmanager",
    "rest.address": "jobmanager",
    "rest.bind-address": "0.0.0.0",
    "jobmanager.bind-host": "0.0.0.0",
    "taskmanager.bind-host": "0.0.0.0",
    ...own,
  })
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n");

/** The body of a page that something in the container serves. */
const get = (port: number, path: string) =>
  `exec 3<>/dev/tcp/localhost/${port}; printf 'GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3; sed '1,/^\\r$/d' <&3`;

const commandLine = "tr '\\0' ' ' </proc/1/cmdline";

test("jobmanager and taskmanager are one cluster, with memory and settings from FLINK_PROPERTIES", async (t) => {
  const network = await createNetwork(t);
  const jobManager = await Container.start(t, {
    image,
    user,
    network,
    hostname: "jobmanager",
    command: ["jobmanager"],
    env: {
      FLINK_PROPERTIES: properties({
        "jobmanager.memory.process.size": "700m",
        "env.java.opts.jobmanager": "-Dtest.of=jobmanager",
      }),
    },
  });
  const taskManager = await Container.start(t, {
    image,
    user,
    network,
    hostname: "taskmanager",
    command: ["taskmanager"],
    env: {
      FLINK_PROPERTIES: properties({
        "taskmanager.host": "taskmanager",
        "taskmanager.numberOfTaskSlots": 3,
        "taskmanager.memory.process.size": "1000m",
        "taskmanager.memory.jvm-metaspace.size": "200m",
        "metrics.reporter.prom.factory.class":
          "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
        "metrics.reporter.prom.port": 9249,
      }),
    },
  });
  await eventually(
    "the TaskManager is registered",
    async () => {
      const overview = JSON.parse(await jobManager.bash(get(8081, "/overview"))) as Record<string, unknown>;
      // A TaskManager that has just come tells of its slots a moment later.
      if (overview["taskmanagers"] !== 1 || overview["slots-total"] !== 3)
        throw new Error(JSON.stringify(overview));
      t.is(overview["flink-version"], "1.20.5");
    },
    { timeout: 120_000, interval: 500 },
  );

  t.regex(await jobManager.bash(commandLine), /-Dtest\.of=jobmanager/);
  t.regex(await jobManager.bash(commandLine), /--add-opens=java\.base\/java\.util=ALL-UNNAMED/);
  t.regex(await taskManager.bash(commandLine), /-XX:MaxMetaspaceSize=209715200/);
  t.regex(await taskManager.bash(get(9249, "/metrics")), /^flink_taskmanager_Status_JVM_Memory_Heap_Used/m);
  t.regex(await taskManager.logs(), /Successful registration at resource manager/, "it logs to the console");
  t.is(await jobManager.exec("id", "-u"), "9999");

  t.regex(await jobManager.exec("flink", "list"), /No running jobs/);
  for (const container of [taskManager, jobManager]) {
    t.not(await container.stop(), 137, "it ends by itself when asked to");
  }

  // A restarted container has the same settings, not twice as many.
  await jobManager.startAgain();
  await eventually("the JobManager is back", () => jobManager.bash(get(8081, "/overview")), {
    timeout: 90_000,
  });
  t.is((await jobManager.bash(commandLine)).match(/-Dtest\.of=/g)?.length, 1);
});

test("ZooKeeper runs from the same image, as the stack starts it", async (t) => {
  const zooKeeper = await Container.start(t, {
    image,
    user,
    command: [
      ...["bash", "-c"],
      "exec java -Xmx96m -cp '/opt/flink/lib/*' org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer --zkConfigFile /opt/flink/conf/quorum.cfg --peerId 1",
    ],
    files: {
      "/opt/flink/conf/quorum.cfg":
        "tickTime=2000\ndataDir=/opt/flink/zookeeper\nclientPort=2181\nadmin.enableServer=false\n4lw.commands.whitelist=ruok\n",
    },
  });
  const { value } = await eventually(
    "ZooKeeper answers",
    () => zooKeeper.bash("exec 3<>/dev/tcp/localhost/2181; printf ruok >&3; cat <&3"),
    { timeout: 60_000 },
  );
  t.is(value, "imok");
});

test("folders for volumes belong to the user of the cluster, and other commands run as they are", async (t) => {
  const { output } = await Container.run(t, {
    image,
    user,
    command: ["stat", "--format", "%u", "/opt/flink/state", "/opt/flink/zookeeper", "/opt/flink/jobs"],
  });
  t.deepEqual(output.trim().split("\n").slice(-3), ["9999", "9999", "9999"]);
  const version = await Container.run(t, { image, user, command: ["flink", "--version"] });
  t.regex(version.output, /Version: 1\.20\.5/);
});

/** What both jobs find in the cluster, instead of in their jars. */
const sharedClasses = [
  "org.apache.flink.cdc.connectors.mysql.source.MySqlSource",
  "org.apache.flink.connector.kafka.sink.KafkaSink",
  "org.apache.flink.connector.kafka.source.KafkaSource",
  "com.mysql.cj.jdbc.Driver",
  "com.clickhouse.client.api.Client",
  "com.fasterxml.jackson.core.JsonFactory",
  "net.jpountz.lz4.LZ4Factory",
  "io.tributary.mysql.BinaryLogStatusInterceptor",
];

test("connectors and drivers are in the cluster's class path, each once", async (t) => {
  const flink = await Container.start(t, { image, user, command: ["sleep", "infinity"] });
  for (const name of sharedClasses) {
    // Java loads the class with all that it extends, and then does not run it.
    const output = await flink.bash(`java -cp '/opt/flink/lib/*' --dry-run ${name} 2>&1 || true`);
    t.notRegex(output, /ClassNotFound|NoClassDefFound|Could not find/, name);
  }
  const jars = (await flink.bash("cd /opt/flink/lib && ls")).split("\n");
  const artifacts = jars.map((jar) => jar.replace(/-\d[\w.-]*\.jar$/, ""));
  t.deepEqual(artifacts, [...new Set(artifacts)]);
});

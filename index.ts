import { CaptureJob } from "./components/capture-job";
import { ClickHouse } from "./components/clickhouse";
import { readSettings, stackOf } from "./components/config";
import { FlinkCluster } from "./components/flink-cluster";
import { StackImages } from "./components/images";
import { currentJobsFolder, jobJar } from "./components/job-jars";
import { KafkaBroker } from "./components/kafka";
import { MySql } from "./components/mysql";
import { MySqlUser } from "./components/mysql-user";
import { StackNetwork } from "./components/network";
import { Page } from "./components/page";
import { PlatformApi } from "./components/platform-api";
import { refuseWhatCannotWork } from "./components/preflight";
import { SourceSchema } from "./components/source-schema";
import { secretsFolderOf } from "./components/stack";
import { SyncJob } from "./components/sync-job";
import { database, tables } from "./components/tables";
import { Topics } from "./components/topics";
import { WarehouseSchema } from "./components/warehouse-schema";

const settings = readSettings();
const stack = stackOf(settings);
refuseWhatCannotWork(settings, stack);

const images = new StackImages("images", { source: settings.images });
const network = new StackNetwork("network", { stack });

const source = new MySql("mysql", {
  network,
  image: images.mysql,
  memory: settings.mysqlMemory,
  database,
  binlogRetention: settings.binlogRetention,
});
const sourceSchema = new SourceSchema("source-schema", { server: source });
const captureUser = new MySqlUser("capture", {
  server: source,
  grants: [{ privileges: ["SELECT"] }, { on: "*", privileges: ["REPLICATION CLIENT", "REPLICATION SLAVE"] }],
});
new MySqlUser("verify", {
  server: source,
  grants: [{ privileges: ["SELECT"] }, { on: "*", privileges: ["REPLICATION CLIENT"] }],
});

const broker = new KafkaBroker("kafka", {
  network,
  image: images.kafka,
  memory: settings.kafkaMemory,
  transactionTimeout: settings.binlogRetention,
});
const { partitions, retention } = settings;
const topics = new Topics("topics", { broker, tables, partitions, retention });

const warehouse = new ClickHouse("clickhouse", {
  network,
  image: images.clickhouse,
  memory: settings.clickhouseMemory,
  database,
});
const warehouseSchema = new WarehouseSchema("warehouse-schema", { server: warehouse });

const cluster = new FlinkCluster("flink", {
  network,
  image: images.flink,
  taskManagers: settings.taskManagers,
  slots: settings.slots,
  jobManagerMemory: settings.jobManagerMemory,
  taskManagerMemory: settings.taskManagerMemory,
  jobsFolder: currentJobsFolder,
  secrets: [captureUser.password, warehouse.credentials("sync").password],
});
const capture = new CaptureJob(
  "capture",
  {
    cluster,
    jar: jobJar("capture"),
    source,
    credentials: captureUser,
    broker,
    tables,
    parallelism: settings.parallelism,
    checkpointInterval: settings.captureCheckpoint,
    binlogRetention: settings.binlogRetention,
    epoch: settings.epoch,
    snapshot: settings.snapshot,
  },
  { dependsOn: [sourceSchema, topics] },
);
const sync = new SyncJob(
  "sync",
  {
    cluster,
    jar: jobJar("sync"),
    broker,
    warehouse,
    tables,
    visibility: settings.visibility,
    parallelism: settings.parallelism,
    checkpointInterval: settings.syncCheckpoint,
    flushRows: settings.flushRows,
    flushInterval: settings.flushInterval,
  },
  { dependsOn: [topics, warehouseSchema] },
);

const api = new PlatformApi(
  "platform-api",
  { network, image: images.platformApi, memory: settings.platformApiMemory, source, warehouse },
  { dependsOn: [sourceSchema] },
);
const page = new Page("page", { network, image: images.nginx, api });

export const pageUrl = page.url;
export const platformApiUrl = api.url;
export const clickhouseUrl = warehouse.urls.external;
export const flinkUrl = cluster.url;
export const kafkaBootstrap = broker.connection.external;
export const mysqlAddress = source.connection.external;
export const captureJobId = capture.jobId;
export const syncJobId = sync.jobId;
export const prefix = stack.prefix;
export const secretsFolder = secretsFolderOf(stack);
export const topicNames = topics.names;

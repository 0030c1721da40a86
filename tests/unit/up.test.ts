import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { homeLabel, stackLabel } from "../../components/stack";
import { describeBanner } from "../../tools/lib/banner";
import { parseContainers, type Container } from "../../tools/lib/docker";
import { tables, topicOf } from "../../components/tables";
import { tablesAddedTo } from "../../tools/lib/new-tables";
import { isAlive, lockStack } from "../../tools/lib/lock";
import { projectFolder } from "../../tools/lib/project";
import { diagnosticsOf, shownOf, summaryOf } from "../../tools/lib/pulumi";
import { describeUnready, planRepairs } from "../../tools/lib/repair";
import { completeTopics, forgetState, noteCompleteTopics } from "../../tools/lib/state";
import {
  containerNames,
  orphansOf,
  publishedPorts,
  readStackSettings,
  thingsOf,
} from "../../tools/lib/stack";

function container(name: string, more: Partial<Container> = {}): Container {
  return {
    id: `id-of-${name}`,
    name,
    image: "tributary/any",
    labels: {},
    status: "running",
    health: "healthy",
    healthOutput: "",
    exitCode: 0,
    restarts: 0,
    startedAt: "",
    publishedPorts: [],
    ...more,
  };
}

const nothing = { containers: [], networks: [], volumes: [] };
const recorded = (...names: string[]) => names.map((name) => ({ urn: "", type: "", id: `id-of-${name}` }));

test("stopped containers are started, paused ones go on, unhealthy ones are restarted", (t) => {
  const containers = [
    container("mysql", { status: "exited" }),
    container("kafka", { status: "paused" }),
    container("nginx", { health: "unhealthy" }),
    container("platform-api"),
    container("flink-jobmanager", { health: "starting" }),
  ];
  const plan = planRepairs({ ...nothing, containers }, recorded(...containers.map(({ name }) => name)));
  t.deepEqual(
    plan.start.map(({ name }) => name),
    ["mysql"],
  );
  t.deepEqual(
    plan.unpause.map(({ name }) => name),
    ["kafka"],
  );
  t.deepEqual(
    plan.restart.map(({ name }) => name),
    ["nginx"],
  );
  t.deepEqual(plan.strays, nothing);
});

test("what an interrupted run made without writing it down goes, but no volume with its data", (t) => {
  const owned = {
    containers: [container("mysql"), container("kafka"), container("nginx", { status: "dead" })],
    networks: [{ id: "id-of-network", name: "tributary", labels: {} }],
    volumes: [{ id: "tributary-mysql-data", name: "tributary-mysql-data", labels: {} }],
  };
  const { strays } = planRepairs(owned, recorded("mysql", "nginx"));
  t.deepEqual(
    strays.containers.map(({ name }) => name),
    ["kafka", "nginx"],
  );
  t.deepEqual(
    strays.networks.map(({ name }) => name),
    ["tributary"],
  );
  t.deepEqual(strays.volumes, []);
});

test("the display names what is not ready, and how it is", (t) => {
  t.is(describeUnready([container("mysql"), container("flink-zookeeper", { health: undefined })]), undefined);
  t.is(
    describeUnready([
      container("mysql", { status: "exited", exitCode: 137 }),
      container("kafka", { health: "starting" }),
      container("nginx", { health: "unhealthy", healthOutput: "connection refused" }),
    ]),
    "mysql is exited (code 137), kafka is starting, nginx is unhealthy (connection refused)",
  );
});

test("a stack's things are those with its name and this checkout's folder", (t) => {
  const labels = (stack: string, home: string) => ({ [stackLabel]: stack, [homeLabel]: home });
  const containers = [
    container("mysql", { labels: labels("local", projectFolder) }),
    container("test-mysql", { labels: labels("test", projectFolder) }),
    container("other-mysql", { labels: labels("local", "/other") }),
    container("unlabelled"),
  ];
  t.deepEqual(
    thingsOf("local", { ...nothing, containers }).containers.map(({ name }) => name),
    ["mysql"],
  );
});

test("orphans are what stacks of that name left whose checkout is gone", (t) => {
  const volumes = ["/gone", "/there"].map((home) => ({
    id: home,
    name: home,
    labels: { [stackLabel]: "test", [homeLabel]: home },
  }));
  const orphans = orphansOf("test", { ...nothing, volumes }, (folder) => folder === "/there");
  t.deepEqual(
    orphans.volumes.map(({ name }) => name),
    ["/gone"],
  );
});

test("docker's account of a container becomes ours", (t) => {
  const inspected = JSON.stringify([
    {
      Id: "abc",
      Name: "/kafka",
      RestartCount: 2,
      State: {
        Status: "running",
        ExitCode: 0,
        StartedAt: "2026-01-01T00:00:00Z",
        Health: {
          Status: "unhealthy",
          Log: [
            { ExitCode: 1, Output: "no broker\n" },
            { ExitCode: 0, Output: "" },
          ],
        },
      },
      Config: { Image: "tributary/kafka:1", Labels: null },
      HostConfig: {
        PortBindings: { "9094/tcp": [{ HostIp: "127.0.0.1", HostPort: "9094" }], "1/tcp": null },
      },
    },
  ]);
  t.deepEqual(parseContainers(inspected), [
    container("kafka", {
      id: "abc",
      image: "tributary/kafka:1",
      health: "unhealthy",
      healthOutput: "no broker",
      restarts: 2,
      startedAt: "2026-01-01T00:00:00Z",
      publishedPorts: [9094],
    }),
  ]);
});

test("names and ports follow the settings", (t) => {
  const names = containerNames({ prefix: "test-", taskManagers: 2 });
  t.true(names.includes("test-flink-taskmanager"));
  t.true(names.includes("test-flink-taskmanager-2"));
  t.is(publishedPorts({ portOffset: 20_000 }).get(23_306), "mysql");
});

test("a stack's settings can be read without Pulumi", (t) => {
  const settings = readStackSettings("local");
  t.is(settings.partitions, 3);
  t.is(settings.retention, "7 days");
});

test("a line of Pulumi's output is shown as what happens to which resource", (t) => {
  t.is(shownOf(" +  docker:index:Container mysql creating (3s) "), "mysql creating (3s)");
  t.is(shownOf(" ~  kafka:index:Topic orders-cdc-topic updated (1s)"), "orders-cdc-topic updated (1s)");
  t.is(shownOf("    pulumi:pulumi:Stack tributary-local running"), undefined);
  t.is(shownOf("@ updating...."), undefined);
  t.is(shownOf(""), undefined);
});

test("Pulumi's summary is shown by its counts", (t) => {
  t.is(
    summaryOf("Resources:\n    + 2 created\n    ~ 1 updated\n    43 unchanged\n\nDuration: 9s"),
    "2 created, 1 updated, 43 unchanged",
  );
  t.is(summaryOf("Resources:\n    46 unchanged\n"), "46 unchanged");
});

test("Pulumi's own account of a failure is cut out of its output", (t) => {
  const output = [
    "Updating (local):",
    " +  a:b:C d creating",
    "Diagnostics:",
    "  a:b:C (d):",
    "    error: taken",
    "",
    "Resources:",
    "    1 errored",
  ];
  t.is(diagnosticsOf(output), "  a:b:C (d):\n    error: taken");
  t.is(diagnosticsOf(["Updating (local):"]), "");
});

test("a second command on the same stack is refused while the first one lives", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "lock-"));
  const release = lockStack("local", "make up", folder);
  const error = t.throws(() => lockStack("local", "make down", folder));
  t.regex(error.message, new RegExp(`make up.*at work on stack "local" \\(process ${process.pid}`));
  t.notThrows(() => lockStack("test", "make up", folder)());
  release();
  t.notThrows(() => lockStack("local", "make down", folder)());
});

test("the lock of a process that is gone counts for nothing, even if its number was given away again", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "lock-"));
  const owner = { pid: process.pid, born: "not when this process was", command: "make up", since: "" };
  t.false(isAlive(owner));
  writeFileSync(path.join(folder, "local.json"), JSON.stringify(owner));
  const release = lockStack("local", "make up", folder);
  t.is(
    (JSON.parse(readFileSync(path.join(folder, "local.json"), "utf8")) as { pid: number }).pid,
    process.pid,
  );
  release();
});

test("the banner has every address, and a command that works on this very stack", (t) => {
  const outputs = {
    pageUrl: "http://localhost:28080",
    platformApiUrl: "http://localhost:23000",
    clickhouseUrl: "http://localhost:28123",
    flinkUrl: "http://localhost:28081",
    kafkaBootstrap: "localhost:29094",
    mysqlAddress: "localhost:23306",
    captureJobId: "1",
    syncJobId: "2",
    prefix: "test-",
    secretsFolder: "/secrets",
    topicNames: [],
  };
  const banner = describeBanner("test", outputs, "1 min 02 s");
  for (const [name, value] of Object.entries(outputs)) {
    if (/Url|Bootstrap|Address/.test(name)) t.true(banner.includes(String(value)), name);
  }
  t.regex(banner, /curl -X POST http:\/\/localhost:23000\/api\/orders/);
  t.regex(banner, /docker exec test-clickhouse-server clickhouse-client/);
});

test("a table was added if the stack was there and its topic was not", (t) => {
  const [first, ...others] = tables;
  const topics = tables.map(topicOf);
  t.deepEqual(tablesAddedTo(undefined), []);
  t.deepEqual(tablesAddedTo(topics), []);
  t.deepEqual(tablesAddedTo([...others.map(topicOf), "products-cdc-topic-dlq"]), [first]);
});

test("what is noted of a stack's complete tables goes with the stack", (t) => {
  const stack = `noted-${process.pid}`;
  t.teardown(() => forgetState(stack));
  t.is(completeTopics(stack), undefined);
  noteCompleteTopics(stack, ["orders-cdc-topic"]);
  noteCompleteTopics(stack, ["orders-cdc-topic", "users-cdc-topic"]);
  t.deepEqual(completeTopics(stack), ["orders-cdc-topic", "users-cdc-topic"]);
  forgetState(stack);
  t.is(completeTopics(stack), undefined);
});

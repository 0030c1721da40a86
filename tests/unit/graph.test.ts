import test from "ava";
import { graphOf, type Asked } from "../lib/graph";

// One graph for all tests of this file: what `make up` asks for with the default settings.
let graph: Asked[];
test.before(async () => {
  graph = await graphOf();
});

const ofType = (type: string) => graph.filter((asked) => asked.type.endsWith(type));
const containers = () => ofType(":Container");

test("the whole graph is as it was last reviewed", (t) => {
  t.snapshot(
    graph.map(({ type, name, inputs }) => ({ resource: `${type} ${name}`, inputs: withoutCode(inputs) })),
  );
});

/** Serialised provider code and page files change with every line of theirs: they are tested elsewhere. */
function withoutCode({ uploads, ...given }: Record<string, unknown>) {
  const inputs = Object.fromEntries(Object.entries(given).filter(([name]) => name !== "__provider"));
  const files = (uploads as { file: string }[] | undefined)?.map(({ file }) => file);
  return files ? { ...inputs, files } : inputs;
}

test("every server of the mission has its container, by its fixed name", (t) => {
  t.deepEqual(
    containers()
      .map(({ inputs }) => inputs["name"])
      .sort(),
    [
      "clickhouse-server",
      "flink-jobmanager",
      "flink-taskmanager",
      "flink-zookeeper",
      "kafka",
      "mysql",
      "nginx",
      "platform-api",
    ],
  );
});

test("no container runs as root, without a memory limit, or off loopback", (t) => {
  for (const { name, inputs } of containers()) {
    t.regex(String(inputs["user"]), /^[1-9]\d*$/, name);
    t.true(Number(inputs["memory"]) > 0, name);
    t.is(inputs["memorySwap"], inputs["memory"], name);
    for (const port of inputs["ports"] as { ip: string }[]) t.is(port.ip, "127.0.0.1", name);
  }
});

test("every container waits for a health check and comes back by itself", (t) => {
  for (const { name, inputs } of containers()) {
    t.like(inputs, { wait: true, restart: "unless-stopped" }, name);
    t.truthy((inputs["healthcheck"] as { tests: string[] }).tests[2], name);
  }
});

test("no password is in an environment variable, a command or a job's arguments", (t) => {
  const open = graph
    .filter(({ type }) => /:(Container|FlinkJob|Command)$/.test(type))
    .map(({ inputs }) => JSON.stringify(inputs));
  t.true(open.length >= 12);
  for (const inputs of open) t.notRegex(inputs, /value-of-/);
});

test("each topic has the partitions and the retention of the settings", (t) => {
  const topics = ofType("topic:Topic").filter(({ name }) => !name.endsWith("-dlq"));
  t.deepEqual(
    topics.map(({ name }) => name),
    [
      "heartbeats-cdc-topic",
      "order-items-cdc-topic",
      "orders-cdc-topic",
      "products-cdc-topic",
      "users-cdc-topic",
    ],
  );
  for (const { inputs } of topics) {
    t.is(inputs["partitions"], 3);
    t.is((inputs["config"] as Record<string, string>)["retention.ms"], "604800000");
  }
});

test("the users of the source have the least they need", (t) => {
  const grants = Object.fromEntries(
    ofType("grant:Grant").map(({ name, inputs }) => [name, (inputs["privileges"] as string[]).join(", ")]),
  );
  t.like(grants, {
    "capture-database": "SELECT",
    "capture-server": "REPLICATION CLIENT, REPLICATION SLAVE",
    "platform_api-database": "DELETE, INSERT, SELECT, UPDATE",
    "verify-database": "SELECT",
    "verify-server": "REPLICATION CLIENT",
  });
});

const differencesBetween = (one: Asked[], other: Asked[]) =>
  one
    .filter((asked, index) => JSON.stringify(asked) !== JSON.stringify(other[index]))
    .map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);

test("a changed jar changes one job and no container", async (t) => {
  t.deepEqual(differencesBetween(graph, await graphOf({ jars: { sync: "sync-2" } })), ["FlinkJob sync"]);
});

test("a second stack differs in its names and ports on the host, not in its inside", async (t) => {
  const second = await graphOf({ settings: { prefix: "test-", portOffset: "20000" } });
  const mysql = second.find(({ name, type }) => name === "mysql" && type.endsWith(":Container"))!;
  t.is(mysql.inputs["name"], "test-mysql");
  t.deepEqual(mysql.inputs["ports"], [{ internal: 3306, external: 23306, ip: "127.0.0.1" }]);
  const api = (of: Asked[]) =>
    of.find(({ name, type }) => name === "platform-api" && type.endsWith(":Container"))!;
  t.deepEqual(api(second).inputs["envs"], api(graph).inputs["envs"]);
});

test("what lives inside a server goes with its container, so destroy needs no live server", (t) => {
  const inside = graph.filter(({ type }) => /:(Database|User|Grant|Topic|Command|FlinkJob)$/.test(type));
  t.true(inside.length >= 15);
  for (const { type, name, options } of inside) t.truthy(options.deletedWith, `${type} ${name}`);
});

test("grants, topics and containers are deleted before they are replaced", (t) => {
  const replaced = graph.filter(({ type }) => /:(Grant|Topic|Container|RemoteImage)$/.test(type));
  t.true(replaced.length >= 20);
  for (const { type, name, options } of replaced) t.true(options.deleteBeforeReplace, `${type} ${name}`);
});

test("every resource belongs to a component", (t) => {
  for (const { type, name, options } of graph.filter(({ type }) => !type.startsWith("tributary:index:"))) {
    if (type !== "pulumi:pulumi:Stack") t.not(options.parent, "tributary-local", `${type} ${name}`);
  }
});

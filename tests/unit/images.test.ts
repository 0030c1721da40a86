import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { catalog, type ImageName } from "../../images/catalog";
import { combinedHash, contentHash, filesOf } from "../../images/hash";
import { baseReference, imageNames, imageReference, isBuilt } from "../../images/reference";
import { imageSteps, withPrerequisites } from "../../tools/lib/images";
import { checkOrder } from "../../tools/lib/steps";

const allImages = Object.keys(catalog) as ImageName[];

/** A folder with these files, removed after the test. */
function folderOf(t: ExecutionContext, files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "tributary-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

test("the same content has the same hash wherever it lies, and in whatever order it was written", (t) => {
  const one = folderOf(t, { "a.txt": "1", "b/c.txt": "2" });
  const other = folderOf(t, { "b/c.txt": "2", "a.txt": "1" });
  t.is(contentHash(one), contentHash(other));
  t.regex(contentHash(one), /^[0-9a-f]{16}$/);
});

const changes: Record<string, (folder: string) => void> = {
  "a changed byte": (folder) => writeFileSync(path.join(folder, "a.txt"), "3"),
  "a new file": (folder) => writeFileSync(path.join(folder, "new.txt"), ""),
  "another name": (folder) => {
    rmSync(path.join(folder, "a.txt"));
    writeFileSync(path.join(folder, "z.txt"), "1");
  },
  "a file that can be run": (folder) => chmodSync(path.join(folder, "a.txt"), 0o755),
  "content that moved from one file to the next": (folder) => {
    writeFileSync(path.join(folder, "a.txt"), "12");
    writeFileSync(path.join(folder, "b/c.txt"), "");
  },
};

for (const [what, change] of Object.entries(changes)) {
  test(`${what} is another hash`, (t) => {
    const folder = folderOf(t, { "a.txt": "1", "b/c.txt": "2" });
    const before = contentHash(folder);
    change(folder);
    t.not(contentHash(folder), before);
  });
}

test("what builds leave behind is no content", (t) => {
  const clean = folderOf(t, { "src/a.ts": "1" });
  const built = folderOf(t, {
    "src/a.ts": "1",
    "node_modules/x/y.js": "2",
    "dist/a.js": "3",
    "target/a.jar": "4",
  });
  t.is(contentHash(built), contentHash(clean));
  t.deepEqual(filesOf(built), [path.join(built, "src/a.ts")]);
});

test("a combined hash depends on every part, on their order and on where they end", (t) => {
  const hashes = [
    combinedHash("a", "b"),
    combinedHash("b", "a"),
    combinedHash("ab"),
    combinedHash("a", "b", ""),
  ];
  t.is(new Set(hashes).size, hashes.length);
});

test("official images have exact tags, and MySQL is of the series that packages are held to", (t) => {
  for (const name of imageNames)
    t.regex(catalog[name].official ?? "", /^[a-z/-]+:\d+\.\d+\.\d+[\w.-]*$/, name);
  t.regex(catalog.mysql.official!, /^mysql:9\.7\./);
  t.true(catalog.flink.official!.endsWith("-java17"));
});

test("from the registry an image is the official one, unless we build on top of it", (t) => {
  t.is(imageReference("mysql", "registry"), catalog.mysql.official!);
  t.regex(imageReference("flink", "registry"), /^tributary\/flink:[0-9a-f]{16}$/);
  t.is(baseReference("flink", "registry"), catalog.flink.official!);
  t.deepEqual(
    imageNames.filter((name) => isBuilt(name, "registry")),
    ["flink", "platform-api"],
  );
});

test("from packages every image is ours, named by its content, and the two variants never share a name", (t) => {
  for (const name of allImages) {
    t.regex(imageReference(name, "packages"), new RegExp(`^tributary/${name}:[0-9a-f]{16}$`));
  }
  t.not(imageReference("flink", "packages"), imageReference("flink", "registry"));
});

test("each image is made after those that it is built on and with", (t) => {
  const order = withPrerequisites(imageNames, "packages");
  const before = (one: ImageName, other: ImageName) =>
    t.true(order.indexOf(one) < order.indexOf(other), `${one}, ${other}`);
  before("base", "mysql");
  before("jre", "kafka");
  before("builder", "flink");
  t.is(new Set(order).size, order.length);
  t.notThrows(() => checkOrder(imageSteps("packages")));
});

test("only the wanted images are made, and what they need", (t) => {
  const names = imageSteps("packages", ["mysql"]).map(({ name }) => name);
  t.deepEqual(names, ["image base", "image mysql"]);
});

test("from the registry nothing is built that only packages need", (t) => {
  const names = imageSteps("registry").map(({ name }) => name);
  t.deepEqual(
    names,
    imageNames.map((name) => `image ${name}`),
  );
});

const script = (name: string) => new URL(`../../images/${name}`, import.meta.url).pathname;

test("Kafka's properties come from variables as in Confluent's image", async (t) => {
  const { stdout } = await execa("bash", [script("kafka/properties.sh")], {
    extendEnv: false,
    env: {
      PATH: process.env["PATH"]!,
      KAFKA_NODE_ID: "1",
      KAFKA_LISTENERS: "A://:9092,B://:9093",
      KAFKA_SOME_KEY__WITH_DASH: "x=y",
      KAFKA_SOME___NAME: "under score",
      KAFKA_HEAP_OPTS: "-Xmx1g",
      KAFKA_LOG4J_ROOT_LOGLEVEL: "WARN",
      CLUSTER_ID: "not a property",
    },
  });
  t.deepEqual(stdout.split("\n"), [
    "listeners=A://:9092,B://:9093",
    "node.id=1",
    "some.key-with.dash=x=y",
    "some_name=under score",
  ]);
});

const flinkDefaults = "env.java.opts.all: '-Da=b -Dc=d'\nrest.port: '8081'\n";

async function flinkProperties(t: ExecutionContext, properties: string, ...args: readonly string[]) {
  const file = path.join(folderOf(t, { "config.yaml": flinkDefaults }), "config.yaml");
  const [action = "merge", ...rest] = args;
  return execa("bash", [script("flink/bin/flink-properties"), action, file, ...rest], {
    input: properties,
    reject: false,
  });
}

test("FLINK_PROPERTIES replace the lines they name, the last one wins, and any value is one string", async (t) => {
  const { stdout } = await flinkProperties(
    t,
    "# comment\n\nrest.port: 1\n rest.port : 2 \r\nnew: it's: 'so' # really\n",
  );
  t.deepEqual(stdout.split("\n"), [
    "env.java.opts.all: '-Da=b -Dc=d'",
    "rest.port: '2'",
    "new: 'it''s: ''so'' # really'",
  ]);
});

test("merging the same FLINK_PROPERTIES twice changes nothing more", async (t) => {
  const once = await flinkProperties(t, "rest.port: 9\nx: y\n");
  const twice = await flinkProperties(t, `${once.stdout}\n`);
  t.is(once.exitCode, 0);
  t.deepEqual(
    twice.stdout.split("\n").map((line) => line.split(":")[0]),
    ["env.java.opts.all", "rest.port", "x"],
  );
});

test("a line of FLINK_PROPERTIES that is none is refused by name", async (t) => {
  const { exitCode, stderr, stdout } = await flinkProperties(t, "rest.port 9\n");
  t.is(exitCode, 1);
  t.regex(stderr, /not `key: value`: rest\.port 9/);
  t.is(stdout, "");
});

test("a value is read back as it was given", async (t) => {
  t.is((await flinkProperties(t, "", "get", "env.java.opts.all")).stdout, "-Da=b -Dc=d");
  t.is((await flinkProperties(t, "", "get", "env.java.opts")).stdout, "");
});

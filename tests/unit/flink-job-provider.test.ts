import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { FlinkJob } from "../../components/flink-job";
import type { JobRecord } from "../../components/flink-job/model";
import { FakeJobManager } from "../lib/fake-job-manager";

interface Asked {
  type: string;
  inputs: Record<string, unknown> & { __provider: string };
}

const require = createRequire(import.meta.url);

/** Builds the resource under mocks, and the provider from the code that Pulumi would keep in the state. */
async function storedProvider(rest: string, jar: { jar: string; jarHash: string }) {
  const asked: Asked[] = [];
  await pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ type, inputs, name }) => {
      asked.push({ type, inputs: inputs as Asked["inputs"] });
      return { id: name, state: inputs as Record<string, unknown> };
    },
  });
  const job = new FlinkJob("capture", {
    name: "capture",
    cluster: { rest },
    ...jar,
    args: ["--a"],
    parallelism: 1,
  });
  await new Promise((resolve) => job.urn.apply(resolve));
  const [resource] = asked;
  if (!resource) throw new Error("FlinkJob registered no resource");
  const load = require("require-from-string") as (code: string) => {
    handler(): pulumi.dynamic.ResourceProvider;
  };
  return {
    type: resource.type,
    inputs: resource.inputs,
    provider: load(resource.inputs.__provider).handler(),
  };
}

test("the provider's code, as it is kept in the state, leads a whole life by itself", async (t) => {
  const manager = await FakeJobManager.start();
  const folder = await mkdtemp(join(tmpdir(), "flink-job-"));
  t.teardown(() => manager.stop());
  t.teardown(() => rm(folder, { recursive: true }));
  const jar = { jar: join(folder, "job.jar"), jarHash: createHash("sha256").update("old").digest("hex") };
  await writeFile(jar.jar, "old");

  const { type, inputs, provider } = await storedProvider(manager.url, jar);
  t.is(type, "pulumi-nodejs:dynamic/tributary:FlinkJob");
  t.deepEqual((await provider.check?.({}, inputs))?.failures, []);

  const created = await provider.create(inputs);
  t.is(created.id, "capture");
  t.false("__provider" in (created.outs as object));
  const olds = { ...(created.outs as JobRecord), __provider: inputs.__provider };
  t.false((await provider.diff?.("capture", olds, inputs))?.changes);

  const seen = await provider.read?.("capture", olds);
  t.like(seen, { id: "capture", props: { jobId: olds.jobId, state: "RUNNING" } });

  manager.behaviourOf = ({ args }) => (args.includes("--broken") ? { failsWith: "a.B: broken" } : {});
  const update = provider.update?.bind(provider);
  const failure = await t.throwsAsync<Error & { properties: JobRecord & { __provider: string } }>(
    async () => update?.("capture", olds, { ...inputs, args: ["--broken"] }),
    { message: /so the old one runs again/ },
  );
  t.like(failure, { id: "capture", properties: { args: ["--a"], __provider: inputs.__provider } });

  const failedCreation = await t.throwsAsync<typeof failure>(
    async () => provider.create({ ...inputs, args: ["--broken"] }),
    { message: /could not be started again/ },
  );
  t.like(failedCreation, { id: "capture", properties: { state: "MISSING", __provider: inputs.__provider } });

  await provider.delete?.("capture", failure?.properties ?? olds);
  t.deepEqual(manager.running(), []);
});

/** As Pulumi runs it: code from the state, a standard input that the engine holds and never writes to. */
const providerProcess = `
  const provider = require("require-from-string")(require("fs").readFileSync(process.argv[1], "utf8")).handler();
  provider.configure({}).then(() => console.log("configured"));
  setInterval(() => {}, 1000);
`;

test("a provider ends when the `pulumi` that started it is gone", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "flink-job-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const { inputs } = await storedProvider("http://127.0.0.1:1", { jar: "/nowhere.jar", jarHash: "" });
  const code = join(folder, "provider.js");
  await writeFile(code, inputs.__provider);
  // A pipe, as the engine's: Node would make a socket. The shell's `cat` stands in for the engine.
  const engine = spawn("sh", ["-c", 'cat | "$0" -e "$1" "$2"', process.execPath, providerProcess, code], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.regex(String((await once(engine.stdout, "data"))[0]), /configured/);
  engine.stdin.end();
  t.deepEqual(await once(engine, "exit"), [1, null]);
});

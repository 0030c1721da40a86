import test from "ava";
import { execa, ExecaError } from "execa";
import {
  api,
  container,
  docker,
  forgetOutputs,
  ofThisStack,
  pulumi,
  stackName,
  stackOutputs,
} from "../lib/stack";

test("a second `pulumi up` changes nothing", async (t) => {
  const output = await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  t.regex(output, /\d+ unchanged/);
  t.notRegex(output, /\d+ (updated|replaced|created|deleted)/);
});

test("no secret is a plain output", async (t) => {
  const outputs = await pulumi("stack", "output", "--json");
  t.notRegex(outputs, /password"/i);
  t.notRegex(outputs, /\[secret\]/);
});

test("a container removed by hand comes back", async (t) => {
  await docker("rm", "--force", await container("nginx"));
  await pulumi("up", "--yes", "--skip-preview", "--refresh");
  const { pageUrl } = await stackOutputs();
  t.is((await fetch(pageUrl)).status, 200);
});

test("fewer partitions are refused before anything changes", async (t) => {
  const error = await t.throwsAsync(pulumi("preview", "--config", "partitions=2"), {
    instanceOf: ExecaError,
  });
  t.regex(error.message, /partitions cannot shrink from 3 to 2/);
});

test("settings that make no sense are refused, all in one message", async (t) => {
  const error = await t.throwsAsync(pulumi("preview", "--config", "images=nowhere", "--config", "slots=0"), {
    instanceOf: ExecaError,
  });
  t.regex(error.message, /images: "nowhere"/);
  t.regex(error.message, /slots: "0"/);
});

test("a fresh stack can be previewed with nothing of it running", async (t) => {
  const fresh = `${stackName}-preview`;
  const run = (...args: string[]) =>
    execa("./pulumi", [...args, "--stack", fresh, "--non-interactive"], { all: true });
  await execa("./pulumi", ["stack", "init", fresh, "--non-interactive"]);
  try {
    const { all } = await run("preview", "--config", "prefix=preview-", "--config", "portOffset=30000");
    t.regex(all, /\d+ to create/);
  } finally {
    await run("stack", "rm", "--yes", "--force", "--preserve-config");
  }
});

test("every container is limited in memory, without root, and on loopback only", async (t) => {
  const ids = (await docker("ps", "--quiet", ...ofThisStack)).split("\n");
  t.true(ids.length >= 8);
  interface Inspected {
    Name: string;
    Config: { User: string; Env: string[] };
    HostConfig: { Memory: number; PortBindings: Record<string, { HostIp: string }[]> };
  }
  for (const { Name, Config, HostConfig } of JSON.parse(await docker("inspect", ...ids)) as Inspected[]) {
    t.true(HostConfig.Memory > 0, Name);
    t.notRegex(Config.User, /^(0|root)?$/, Name);
    for (const binding of Object.values(HostConfig.PortBindings ?? {}).flat())
      t.is(binding.HostIp, "127.0.0.1", Name);
    for (const variable of Config.Env) t.notRegex(variable, /PASSWORD=./i, Name);
  }
});

test("a plain refresh sees no drift, and the service still answers", async (t) => {
  const output = await pulumi("refresh", "--yes", "--skip-preview");
  t.notRegex(output, /\d+ (updated|deleted)/);
  forgetOutputs();
  t.is((await api("GET", "/health/ready")).status, 200);
});

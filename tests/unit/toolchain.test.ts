import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { Problem } from "../../tools/lib/problem";
import { kindsToTry, layOut, readVersions, type PluginKind, type Toolchain } from "../../tools/lib/toolchain";

const repository = path.resolve(import.meta.dirname, "../..");
const versions = readVersions(readFileSync(path.join(repository, "package.json"), "utf8"));

/** A folder that is gone after the test. */
function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "tributary-toolchain-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
}

/** A toolchain whose `pulumi` prints its arguments and its environment. */
function fakeToolchain(folder: string, kind: PluginKind = "built"): Toolchain {
  for (const program of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
    write(path.join(folder, "bin", program), '#!/bin/sh\necho "arguments: $*"\nenv\n');
  }
  for (const [name, version] of Object.entries(versions.plugins)) {
    write(path.join(folder, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`), "");
  }
  return { kind, folder };
}

/** A checkout with nothing but the wrapper. */
function checkoutFor(t: ExecutionContext): string {
  // A space, because people have such folders.
  const checkout = path.join(folderFor(t), "check out");
  mkdirSync(path.join(checkout, "toolchain"), { recursive: true });
  for (const file of ["pulumi", "toolchain/environment.sh"]) {
    copyFileSync(path.join(repository, file), path.join(checkout, file));
  }
  return checkout;
}

test("the versions are those that package.json pins", (t) => {
  t.deepEqual(Object.keys(versions.plugins), ["command", "docker", "kafka", "mysql"]);
  t.regex(versions.pulumi, /^3\.\d+\.\d+$/);
});

test("a version that is not exact is refused by name", (t) => {
  const packageJson = JSON.stringify({ dependencies: { "@pulumi/pulumi": "^3.0.0" } });
  t.throws(() => readVersions(packageJson), {
    message: /@pulumi\/pulumi to an exact version, not \^3\.0\.0/,
  });
});

test("the built plugins and the CLI have the versions of the npm packages", (t) => {
  const main = readFileSync(path.join(repository, "toolchain/providers/main.go"), "utf8");
  const inGo = [...main.matchAll(/"(\w+)":\s+\{"(\d+\.\d+\.\d+)"/g)].map(([, name, version]) => [
    name,
    version,
  ]);
  t.deepEqual(Object.fromEntries(inGo), versions.plugins);
  const cli = readFileSync(path.join(repository, "toolchain/cli/go.mod"), "utf8");
  t.regex(cli, new RegExp(`github\\.com/pulumi/pulumi/pkg/v3 v${versions.pulumi.replaceAll(".", "\\.")}\\b`));
});

test("without stacks, downloads come first, and a source that was asked for is the only one", (t) => {
  t.deepEqual(kindsToTry("auto", undefined, []), ["official", "built"]);
  t.deepEqual(kindsToTry("auto", "built", []), ["official", "built"]);
  t.deepEqual(kindsToTry("built", "official", []), ["built"]);
});

test("while there are stacks, their kind of plugins stays", (t) => {
  t.deepEqual(kindsToTry("auto", "built", ["local"]), ["built"]);
  t.deepEqual(kindsToTry("official", "official", ["local"]), ["official"]);
  const problem = t.throws(() => kindsToTry("official", "built", ["local", "test"]), { instanceOf: Problem });
  t.regex(
    problem.message,
    /stacks local, test .*made with built plugins.*cannot be mixed with official ones/,
  );
  t.regex(problem.remedy ?? "", /make down STACK=local`, `make down STACK=test/);
});

test("a home has links to everything, and is made anew only for another toolchain", (t) => {
  const folder = folderFor(t);
  const home = path.join(folder, "home");
  const first = fakeToolchain(path.join(folder, "first"));
  layOut(first, versions, home);
  t.is(readlinkSync(path.join(home, "bin/pulumi")), path.join(first.folder, "bin/pulumi"));
  const plugin = `plugins/resource-docker-v${versions.plugins["docker"]}`;
  t.true(statSync(path.join(home, plugin)).isDirectory(), "Pulumi sees no plugin in a linked folder");
  t.true(existsSync(path.join(home, plugin, "pulumi-resource-docker")));
  t.true(existsSync(path.join(home, "versions", versions.pulumi, "bin/pulumi")), "npm's pulumi looks here");

  write(path.join(home, "workspaces/selected.json"), "{}");
  const made = statSync(path.join(home, "bin")).ino;
  layOut(first, versions, home);
  t.is(statSync(path.join(home, "bin")).ino, made);

  const second = fakeToolchain(path.join(folder, "second"), "official");
  layOut(second, versions, home);
  t.is(readlinkSync(path.join(home, "bin/pulumi")), path.join(second.folder, "bin/pulumi"));
  t.is(readFileSync(path.join(home, "plugin-kind"), "utf8"), "official");
  t.true(existsSync(path.join(home, "workspaces/selected.json")), "the selected stack stays");
});

test("./pulumi without a toolchain says what to run", async (t) => {
  const checkout = checkoutFor(t);
  const result = await execa(path.join(checkout, "pulumi"), ["up"], { reject: false });
  t.is(result.exitCode, 1);
  t.is(result.stdout, "");
  t.regex(result.stderr, /^Pulumi is not here yet: run `make up`, or `make toolchain` [^\n]*$/);
});

test("./pulumi hands on all arguments, in an environment of the project's own", async (t) => {
  const checkout = checkoutFor(t);
  const home = path.join(checkout, ".tributary/pulumi-home");
  layOut(fakeToolchain(path.join(checkout, "cache")), versions, home);
  const run = () =>
    execa(path.join(checkout, "pulumi"), ["config", "set", "retention", "7 days"], {
      cwd: tmpdir(),
      env: { PULUMI_HOME: "/somebody/else", PULUMI_CONFIG_PASSPHRASE: "the user's" },
    });
  const { stdout } = await run();
  const lines = stdout.split("\n");
  t.is(lines[0], "arguments: config set retention 7 days");
  t.true(lines.includes(`PULUMI_HOME=${home}`));
  t.true(lines.includes(`PULUMI_BACKEND_URL=file://${checkout}/.tributary/state`));
  t.false(stdout.includes("PULUMI_CONFIG_PASSPHRASE=the user's"));

  const passphrase = path.join(checkout, ".tributary/passphrase");
  t.is(statSync(path.join(checkout, ".tributary")).mode & 0o777, 0o700);
  t.is(statSync(passphrase).mode & 0o777, 0o600);
  const key = readFileSync(passphrase, "utf8");
  t.regex(key, /^[0-9a-f]{64}$/);
  await run();
  t.is(readFileSync(passphrase, "utf8"), key, "the key stays");
});

test("./pulumi refuses stacks that other plugins made", async (t) => {
  const checkout = checkoutFor(t);
  layOut(
    fakeToolchain(path.join(checkout, "cache")),
    versions,
    path.join(checkout, ".tributary/pulumi-home"),
  );
  write(path.join(checkout, ".tributary/state/plugin-kind"), "official");
  const result = await execa(path.join(checkout, "pulumi"), ["up"], { reject: false });
  t.is(result.exitCode, 1);
  t.regex(result.stderr, /made with official plugins.*the built ones.*run `make toolchain`/);
});

test("`make env` prints lines that a shell takes", async (t) => {
  const { stdout } = await execa(process.execPath, [
    "--import",
    "tsx",
    path.join(repository, "tools/env.ts"),
  ]);
  const { stdout: taken } = await execa("sh", ["-euc", `${stdout}\necho "$PULUMI_HOME"; command -v pulumi`]);
  t.is(taken, `${repository}/.tributary/pulumi-home\n${repository}/pulumi`);
});

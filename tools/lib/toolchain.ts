import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { execa } from "execa";
import pRetry from "p-retry";
import { combinedHash, contentHash } from "../../images/hash";
import { runInBuilder, type BuilderMount } from "./builder";
import { messageOf, Problem } from "./problem";
import { cacheFolder, logsFolder, privateFolder, projectFolder } from "./project";
import { readState, stacksWithState } from "./state";

/** The plugins as Pulumi publishes them, or as `toolchain/` builds them. Their states cannot be mixed. */
export type PluginKind = "official" | "built";

/** Where to get Pulumi from; `auto` is what the stacks were made with, else whatever can be had. */
export type ToolchainSource = PluginKind | "auto";

/** Exact versions, as `package.json` pins the npm packages that go with them. */
export interface ToolchainVersions {
  /** Pulumi's CLI, e.g. `3.259.0`. */
  readonly pulumi: string;
  /** Version by plugin, e.g. `{ docker: "5.2.0" }`. */
  readonly plugins: Readonly<Record<string, string>>;
}

/** Pulumi and its plugins in one folder: `bin/` and `plugins/resource-<name>-v<version>/`. */
export interface Toolchain {
  readonly kind: PluginKind;
  /** Absolute path, in the cache. */
  readonly folder: string;
}

/** Who watches a toolchain being got. */
export interface Watcher {
  /** Called with what happens now, for people. */
  readonly report: (text: string) => void;
  /** Aborting it stops a build. */
  readonly signal?: AbortSignal;
}

/** This checkout's PULUMI_HOME. */
export const homeFolder = path.join(privateFolder, "pulumi-home");

/** Says which kind of plugins made the stacks whose state is beside it. */
const kindOfStacks = path.join(privateFolder, "state", "plugin-kind");

const recipeFolder = path.join(projectFolder, "toolchain");
const toolchainCache = path.join(cacheFolder, "toolchain");

/** The plugins that the graph uses. */
const pluginNames = ["command", "docker", "kafka", "mysql"];

/** Serves dynamic providers. Pulumi's archive has it beside the CLI, and so has the npm package. */
const dynamicProviderHost = "pulumi-resource-pulumi-nodejs";
const programs = ["pulumi", "pulumi-language-nodejs", dynamicProviderHost];

/** How long Pulumi's site may take to answer before it counts as out of reach. Milliseconds. */
const answerTime = 5_000;

/** How long one download may take once the site has answered. Milliseconds. */
const downloadTime = 10 * 60_000;

/**
 * Makes this checkout's PULUMI_HOME, from the cache where it can. Done in a few milliseconds when it is there.
 *
 * @returns what it did, for people
 * @throws Problem when Pulumi can neither be had nor built, or is of another kind than the stacks
 */
export async function prepareToolchain(source: ToolchainSource, watcher: Watcher): Promise<string> {
  const made = readKind(kindOfStacks);
  const stacks = stacksWithState().filter((stack) => readState(stack).length > 0);
  const kinds = kindsToTry(source, made, stacks);
  const versions = readVersions(readFileSync(path.join(projectFolder, "package.json"), "utf8"));

  const cached = kinds.map((kind) => toolchainOf(kind, versions)).find(({ folder }) => existsSync(folder));
  const toolchain = cached ?? (await get(kinds, versions, watcher));
  layOut(toolchain, versions);
  mkdirSync(path.dirname(kindOfStacks), { recursive: true });
  writeFileSync(kindOfStacks, toolchain.kind);
  return `Pulumi ${versions.pulumi}, ${toolchain.kind} plugins${cached ? " (cached)" : ""}`;
}

/**
 * The kinds of plugins to look for, best first. Pure.
 *
 * @param made what made the stacks, if anything did
 * @param stacks those that still have resources
 * @throws Problem when the source asked for would mix kinds
 */
export function kindsToTry(
  source: ToolchainSource,
  made: PluginKind | undefined,
  stacks: readonly string[],
): PluginKind[] {
  if (made === undefined || stacks.length === 0) {
    return source === "auto" ? ["official", "built"] : [source];
  }
  if (source === "auto" || source === made) return [made];
  throw new Problem(
    `${stacks.length === 1 ? "stack" : "stacks"} ${stacks.join(", ")} of ${projectFolder}: made with ${made} plugins, ` +
      `which cannot be mixed with ${source} ones`,
    `Keep to ${made} ones, or remove the stacks first: ${stacks.map((stack) => `\`make down STACK=${stack}\``).join(", ")}.`,
  );
}

/**
 * The versions that a `package.json` pins. Pure.
 *
 * @throws Error naming the package that is not pinned exactly
 */
export function readVersions(packageJson: string): ToolchainVersions {
  const { dependencies } = JSON.parse(packageJson) as { dependencies: Record<string, string> };
  const versionOf = (name: string) => {
    const version = dependencies[`@pulumi/${name}`];
    if (version && /^\d+\.\d+\.\d+$/.test(version)) return version;
    throw new Error(
      `package.json must pin @pulumi/${name} to an exact version, not ${version ?? "leave it out"}`,
    );
  };
  return {
    pulumi: versionOf("pulumi"),
    plugins: Object.fromEntries(pluginNames.map((name) => [name, versionOf(name)])),
  };
}

/** Where in the cache a kind of toolchain is or will be: its name covers all that goes into it. */
function toolchainOf(kind: PluginKind, versions: ToolchainVersions): Toolchain {
  const recipe = ["build.sh", "cli", "language-nodejs", "providers"].map((part) =>
    contentHash(path.join(recipeFolder, part)),
  );
  const hash = combinedHash(JSON.stringify(versions), ...(kind === "built" ? recipe : []));
  return { kind, folder: path.join(toolchainCache, `${kind}-${hash}`) };
}

/** Gets the first kind that can be had. */
async function get(
  kinds: readonly PluginKind[],
  versions: ToolchainVersions,
  watcher: Watcher,
): Promise<Toolchain> {
  const failures: string[] = [];
  for (const kind of kinds) {
    try {
      const fill = kind === "official" ? download : build;
      return await intoCache(toolchainOf(kind, versions), (folder) => fill(folder, versions, watcher));
    } catch (error) {
      const failure = `${kind === "official" ? "could not be downloaded" : "could not be built"}: ${reasonOf(error)}`;
      watcher.report(failure);
      failures.push(failure);
    }
    watcher.signal?.throwIfAborted();
  }
  throw new Problem(
    `Pulumi ${versions.pulumi} ${failures.join("\nand ")}`,
    "See to it that this machine reaches Pulumi's downloads (https://get.pulumi.com, https://github.com) or, to build " +
      "it, the Go module proxy. Then run `make toolchain`.",
  );
}

/** What went wrong, and why: fetch only says that it failed. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : "";
  return `${messageOf(error)}${cause}`;
}

/** Fills a folder beside its place and moves it there when it is whole, so that a broken-off try leaves nothing. */
async function intoCache(toolchain: Toolchain, fill: (folder: string) => Promise<void>): Promise<Toolchain> {
  mkdirSync(toolchainCache, { recursive: true });
  const folder = mkdtempSync(`${toolchain.folder}.part-`);
  try {
    await fill(folder);
    chmodSync(folder, 0o755);
    // If another process was faster, its result is as good.
    if (!existsSync(toolchain.folder)) renameSync(folder, toolchain.folder);
    return toolchain;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fills a folder from Pulumi's own downloads, as its npm packages do. */
async function download(folder: string, versions: ToolchainVersions, { report }: Watcher): Promise<void> {
  report("asking for Pulumi's own downloads");
  const answer = await fetch("https://get.pulumi.com/install.sh", {
    signal: AbortSignal.timeout(answerTime),
  });
  if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status} ${answer.statusText}`);

  report(`downloading Pulumi ${versions.pulumi}`);
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/cmd.js");
  await PulumiCommand.install({ root: folder });
  for (const [name, version] of Object.entries(versions.plugins)) {
    report(`downloading the plugin ${name} ${version}`);
    await execa(path.join(folder, "bin", "pulumi"), ["plugin", "install", "resource", name, version], {
      env: { PULUMI_HOME: folder, PULUMI_SKIP_UPDATE_CHECK: "true" },
      stdin: "ignore",
      timeout: downloadTime,
    });
  }
}

/** Fills a folder from `toolchain/`, in the Go builder. */
async function build(folder: string, versions: ToolchainVersions, watcher: Watcher): Promise<void> {
  watcher.report(`building Pulumi ${versions.pulumi} and its plugins: minutes, the first time`);
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  const compile = () =>
    runWithGo(["sh", "build.sh", "/out"], [{ source: bin, target: "/out" }], "toolchain-build.log", watcher);
  // Hundreds of modules are fetched on the way. What is there is kept, so another try goes on where this one stopped.
  await pRetry(compile, {
    retries: 2,
    ...(watcher.signal && { signal: watcher.signal }),
    onFailedAttempt: ({ error, retriesLeft }) =>
      watcher.report(`the build failed (${messageOf(error)}); ${retriesLeft} more tries`),
  });
  cpSync(
    path.join(projectFolder, "node_modules", "@pulumi", "pulumi", dynamicProviderHost),
    path.join(bin, dynamicProviderHost),
  );
  for (const [name, version] of Object.entries(versions.plugins)) {
    const plugin = path.join(folder, "plugins", `resource-${name}-v${version}`);
    mkdirSync(plugin, { recursive: true });
    // One program, which serves the plugin that it is called as.
    symlinkSync("../../bin/pulumi-plugins", path.join(plugin, `pulumi-resource-${name}`));
  }
}

/**
 * Runs the tests of the project's own plugins, in the Go builder; the watcher sees what `go test -v` prints.
 *
 * @throws Problem if one fails
 */
export async function testPlugins(watcher: Watcher): Promise<void> {
  await runWithGo(["sh", "test.sh"], [], "toolchain-test.log", watcher);
}

async function runWithGo(
  command: readonly string[],
  mounts: readonly BuilderMount[],
  log: string,
  { report, signal }: Watcher,
): Promise<void> {
  await runInBuilder({
    tool: "go",
    command,
    workdir: "/toolchain",
    mounts: [{ source: recipeFolder, target: "/toolchain", readOnly: true }, ...mounts],
    caches: [{ volume: "go", target: "/go" }],
    env: { GOPATH: "/go", GOCACHE: "/go/build" },
    log: path.join(logsFolder, log),
    onLine: report,
    ...(signal && { signal }),
  });
}

/**
 * Makes a PULUMI_HOME of links into the cache. What Pulumi itself keeps there (the selected stack) stays.
 *
 * Pulumi takes the language host and the dynamic provider from beside the file it runs from, so they are in the
 * cache; it finds plugins only in real folders, so the links are inside those.
 */
export function layOut(toolchain: Toolchain, versions: ToolchainVersions, home = homeFolder): void {
  const marker = path.join(home, "toolchain");
  if (existsSync(marker) && readFileSync(marker, "utf8") === toolchain.folder) return;
  for (const part of ["toolchain", "bin", "plugins", "versions"]) {
    rmSync(path.join(home, part), { recursive: true, force: true });
  }
  const bin = path.join(toolchain.folder, "bin");
  linkInto(path.join(home, "bin"), bin, programs);
  for (const [name, version] of Object.entries(versions.plugins)) {
    const plugin = path.join("plugins", `resource-${name}-v${version}`);
    linkInto(path.join(home, plugin), path.join(toolchain.folder, plugin));
  }
  // Here npm's `pulumi` looks for the CLI before it downloads one.
  mkdirSync(path.join(home, "versions", versions.pulumi), { recursive: true });
  symlinkSync(bin, path.join(home, "versions", versions.pulumi, "bin"));
  writeFileSync(path.join(home, "plugin-kind"), toolchain.kind);
  writeFileSync(marker, toolchain.folder);
}

function linkInto(folder: string, source: string, names = readdirSync(source)): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) symlinkSync(path.join(source, name), path.join(folder, name));
}

function readKind(file: string): PluginKind | undefined {
  if (!existsSync(file)) return undefined;
  const kind = readFileSync(file, "utf8").trim();
  if (kind === "official" || kind === "built") return kind;
  throw new Problem(
    `${file} names no kind of plugins: "${kind}"`,
    "Write `official` or `built` into it: what made the stacks beside it.",
  );
}

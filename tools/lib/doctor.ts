import { existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { SettingsError, type Settings } from "../../components/config";
import { homeLabel } from "../../components/stack";
import { inspectEngine, type Container, type Engine } from "./docker";
import {
  accessRemedy,
  engineOn,
  installRemedy,
  maySetUp,
  startRemedy,
  thisHost,
  type Host,
} from "./docker-engine";
import { findListener, isFree, type Listener } from "./ports";
import { cacheFolder, privateFolder, projectFolder } from "./project";
import {
  belongsTo,
  configFileOf,
  foreignThings,
  isEmpty,
  listThings,
  publishedPorts,
  readStackSettings,
  thingsOf,
  type StackThings,
} from "./stack";
import { formatBytes } from "./text";

/** What one look at the machine found. */
export interface Finding {
  /** What was looked at, e.g. `memory`. */
  readonly about: string;
  /** `missing` stops `make up`; `soon` is what `make up` itself puts right; `warning` stops nothing. */
  readonly state: "good" | "soon" | "warning" | "missing";
  readonly what: string;
  /** What to do about it. */
  readonly remedy?: string;
}

const gibibyte = 1024 ** 3;

/** Memory that a stack takes when it runs, and building takes beside it. Bytes. */
export const memoryNeed = { least: 4 * gibibyte, comfortable: 6 * gibibyte };

/** Disk that a first run takes where everything is built, and that any run takes. Bytes. */
export const diskNeed = { least: 3 * gibibyte, firstRun: 15 * gibibyte };

/** The oldest Docker API the project was tried with (Docker Engine 20.10). */
const oldestApi = "1.41";

/** Everything that `make up` wants of this machine, looked at in one go. */
export async function examine(stack: string, host: Host = thisHost()): Promise<Finding[]> {
  const engine = await inspectEngine();
  const things = engine.state === "running" ? await listThings() : undefined;
  const owned = things && thingsOf(stack, things);
  const runs = owned?.containers.some(({ status }) => status === "running") ?? false;
  return [
    judgeEngine(engine, host),
    ...(runs ? [] : [judgeMemory(readFileIfThere("/proc/meminfo"))]),
    ...examineDisks(things !== undefined && !isEmpty(thingsOf(stack, things))),
    judgeFolder(projectFolder, statSync(projectFolder).uid, userInfo().uid),
    ...judgeClock(Date.now(), await newestCommitTime()),
    ...(await examineStack(stack, things)),
  ];
}

async function examineStack(stack: string, things: StackThings | undefined): Promise<Finding[]> {
  let settings: Settings;
  try {
    settings = readStackSettings(stack);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return [
      { about: "settings", state: "missing", what: error.message, remedy: `Correct ${configFileOf(stack)}.` },
    ];
  }
  return [
    ...(await examinePorts(stack, settings, things)),
    ...(things ? judgeForeign(stack, settings, things, existsSync) : []),
    ...(things ? judgeLeftovers(stack, thingsOf(stack, things), hasSecrets(stack)) : []),
  ];
}

/** Pure. */
export function judgeEngine(seen: Engine, host: Host): Finding {
  const about = "Docker";
  const engine = engineOn(host, seen);
  switch (engine.state) {
    case "absent":
      if (maySetUp(host) && host.debian)
        return { about, state: "soon", what: "not installed; `make up` installs it" };
      return { about, state: "missing", what: "not installed", remedy: installRemedy(host) };
    case "stopped":
      if (maySetUp(host)) return { about, state: "soon", what: "not running; `make up` starts it" };
      return {
        about,
        state: "missing",
        what: `does not answer: ${engine.reason}`,
        remedy: startRemedy(host),
      };
    case "denied":
      return { about, state: "missing", what: `refuses this user: ${engine.reason}`, remedy: accessRemedy };
    case "running":
      if (!isAtLeast(engine.apiVersion, oldestApi)) {
        const what = `version ${engine.version} (API ${engine.apiVersion}) is too old`;
        return { about, state: "missing", what, remedy: "Install Docker Engine 20.10 or newer." };
      }
      if (engine.os !== "linux") {
        const remedy = "Switch Docker to Linux containers.";
        return { about, state: "missing", what: `runs ${engine.os} containers`, remedy };
      }
      if (/^(tcp|ssh):/.test(host.remote ?? "")) {
        return {
          about,
          state: "missing",
          what: `runs on another machine (DOCKER_HOST is ${host.remote}), which cannot see this checkout's files`,
          remedy: "Unset DOCKER_HOST and use the Docker of this machine.",
        };
      }
      return { about, state: "good", what: `version ${engine.version}, API ${engine.apiVersion}` };
  }
}

/** Compares versions like `1.41`, number by number. Pure. */
export function isAtLeast(version: string, least: string): boolean {
  const wanted = least.split(".").map(Number);
  const given = version.split(".").map(Number);
  for (const [i, number] of wanted.entries()) {
    if ((given[i] ?? 0) !== number) return (given[i] ?? 0) > number;
  }
  return true;
}

/** Bytes of memory a new program can get, from the text of /proc/meminfo. Pure. */
export function parseAvailableMemory(meminfo: string): number | undefined {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** @param meminfo text of /proc/meminfo; `undefined` on systems without it. Pure. */
export function judgeMemory(meminfo: string | undefined): Finding {
  const about = "memory";
  const available = parseAvailableMemory(meminfo ?? "");
  if (available === undefined)
    return { about, state: "warning", what: "this system does not tell how much is free" };
  const what = `${formatBytes(available)} available`;
  if (available >= memoryNeed.comfortable) return { about, state: "good", what };
  const needed = `${what}; a stack wants ${formatBytes(memoryNeed.comfortable)}`;
  const remedy = "Close other programs, or lower the memory settings (`Pulumi.yaml` describes them).";
  return { about, state: available < memoryNeed.least ? "missing" : "warning", what: needed, remedy };
}

/** Every file system that will be written to, once each. */
function examineDisks(builtBefore: boolean): Finding[] {
  const folders = [projectFolder, nearestExisting(cacheFolder), nearestExisting("/var/lib/docker")];
  const disks = new Map(folders.map((folder) => [statSync(folder).dev, folder]));
  return [...disks.values()].map((folder) => {
    const { bavail, bsize } = statfsSync(folder);
    return judgeDisk(folder, bavail * bsize, builtBefore);
  });
}

/** @param free bytes @param builtBefore images and tools are there already. Pure. */
export function judgeDisk(folder: string, free: number, builtBefore: boolean): Finding {
  const about = "disk";
  const what = `${formatBytes(free)} free at ${folder}`;
  if (free >= diskNeed.firstRun || (builtBefore && free >= diskNeed.least))
    return { about, state: "good", what };
  return {
    about,
    state: free < diskNeed.least ? "missing" : "warning",
    what: `${what}; a first run may take ${formatBytes(diskNeed.firstRun)}`,
    remedy:
      "Free some: `docker system df` shows what Docker keeps, `docker builder prune` and `docker image prune` remove what nothing uses.",
  };
}

/** @param owner user id of the folder @param user id of who runs this. Pure. */
export function judgeFolder(folder: string, owner: number, user: number): Finding {
  const about = "checkout";
  if (folder.includes(":")) {
    const remedy = "Clone it into a folder without a colon: Docker cannot mount this one.";
    return { about, state: "missing", what: `${folder} has a colon in its path`, remedy };
  }
  if (owner === user) return { about, state: "good", what: folder };
  if (user === 0) {
    const remedy = "Run as that user, or its later commands cannot write what root writes now.";
    return {
      about,
      state: "warning",
      what: `${folder} belongs to user ${owner}, and this runs as root`,
      remedy,
    };
  }
  return {
    about,
    state: "missing",
    what: `${folder} belongs to user ${owner}, not to you (${user})`,
    remedy: `Take it over: \`sudo chown -R $USER ${folder}\`.`,
  };
}

/** A clock behind the newest commit breaks certificates and every order by time. Milliseconds since 1970. Pure. */
export function judgeClock(now: number, newestCommit: number | undefined): Finding[] {
  const day = 86_400_000;
  if (newestCommit === undefined || now > newestCommit - day) return [];
  return [
    {
      about: "clock",
      state: "missing",
      what: `this machine's clock says ${new Date(now).toISOString()}, before the newest commit`,
      remedy: "Set it: `sudo timedatectl set-ntp true`, or `sudo date -s '…'`.",
    },
  ];
}

async function newestCommitTime(): Promise<number | undefined> {
  const { stdout, exitCode } = await execa("git", ["log", "-1", "--format=%ct"], {
    cwd: projectFolder,
    reject: false,
  });
  return exitCode === 0 && stdout ? Number(stdout) * 1000 : undefined;
}

async function examinePorts(
  stack: string,
  settings: Settings,
  things: StackThings | undefined,
): Promise<Finding[]> {
  const findings = await Promise.all(
    [...publishedPorts(settings)].map(async ([port, server]) => {
      if (await isFree(port)) return undefined;
      const container = things?.containers.find(
        ({ publishedPorts: held, status }) =>
          held.includes(port) && status !== "exited" && status !== "created",
      );
      if (container && belongsTo(stack, container.labels)) return undefined;
      return takenPort(stack, port, server, container, findListener(port));
    }),
  );
  const taken = findings.filter((finding) => finding !== undefined);
  return taken.length > 0 ? taken : [{ about: "ports", state: "good", what: "free, or held by this stack" }];
}

/** How a command line names the stack, unless it is the one that is meant anyway. */
function flagFor(stack: string): string {
  return stack === "local" ? "" : ` -s ${stack}`;
}

/** Pure. */
export function takenPort(
  stack: string,
  port: number,
  server: string,
  container: Pick<Container, "name"> | undefined,
  listener: Listener | undefined,
): Finding {
  const holder = container
    ? `container ${container.name}`
    : listener
      ? `${listener.command} (process ${listener.pid})`
      : "another program";
  const stop = container ? `\`docker stop ${container.name}\`` : "Stop it";
  return {
    about: "ports",
    state: "missing",
    what: `port ${port} (${server}) is taken by ${holder}`,
    remedy: `${stop}, or move this stack's ports: \`./pulumi config set portOffset 1000${flagFor(stack)}\`.`,
  };
}

/**
 * What has the stack's names but is not this checkout's. Pure.
 *
 * @param exists whether a folder is there
 */
export function judgeForeign(
  stack: string,
  settings: Pick<Settings, "prefix" | "taskManagers">,
  things: StackThings,
  exists: (folder: string) => boolean,
): Finding[] {
  const { containers, networks, volumes } = foreignThings(stack, settings, things);
  const found = [
    ...containers.map((thing) => ({ kind: "container", thing })),
    ...networks.map((thing) => ({ kind: "network", thing })),
    ...volumes.map((thing) => ({ kind: "volume", thing })),
  ];
  return found.map(({ kind, thing }) => {
    const home = thing.labels[homeLabel];
    const remove = `docker ${kind} rm ${kind === "container" ? "--force " : ""}${thing.name}`;
    const beside =
      "or stand beside it: `./pulumi config set prefix mine-` and `./pulumi config set portOffset 1000`";
    return {
      about: "names",
      state: "missing",
      what: `${kind} ${thing.name} is not this stack's${home ? `: it belongs to the checkout ${home}` : ""}`,
      remedy:
        home && exists(home)
          ? `Run \`make down\` in ${home}, ${beside}.`
          : `If nobody needs it, \`${remove}\`, ${beside}.`,
    };
  });
}

/** Things of a stack whose passwords are lost: nothing could log in to them any more. Pure. */
export function judgeLeftovers(stack: string, owned: StackThings, secrets: boolean): Finding[] {
  if (secrets || isEmpty(owned)) return [];
  const names = [...owned.containers, ...owned.networks, ...owned.volumes].map(({ name }) => name);
  return [
    {
      about: "leftovers",
      state: "missing",
      what: `${names.join(", ")} are left from an earlier stack whose passwords are gone with .tributary/`,
      remedy: `Remove them and their data: \`make down${stack === "local" ? "" : ` STACK=${stack}`}\`. Then run this again.`,
    },
  ];
}

function hasSecrets(stack: string): boolean {
  return existsSync(path.join(privateFolder, "secrets", stack));
}

function readFileIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function nearestExisting(folder: string): string {
  return existsSync(folder)
    ? folder
    : folder === path.dirname(folder)
      ? homedir()
      : nearestExisting(path.dirname(folder));
}

/** What stops `make up`, as one text: each thing with its remedy. Pure. */
export function describeMissing(findings: readonly Finding[]): string {
  return findings
    .filter(({ state }) => state === "missing")
    .map(({ about, what, remedy }) => `${about}: ${what}${remedy ? `\n    ${remedy}` : ""}`)
    .join("\n");
}

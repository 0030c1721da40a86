import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { inspectEngine, type Engine } from "./docker";
import { messageOf, Problem } from "./problem";
import { lastLinesOf, type Progress } from "./steps";
import { indent } from "./text";
import { waitUntil } from "./wait";

/** What decides whether and how Docker Engine can be installed and started here. */
export interface Host {
  readonly root: boolean;
  /** Debian, Ubuntu or one of their kin: packages come from `apt-get`. */
  readonly debian: boolean;
  /** systemd runs this machine's services. */
  readonly systemd: boolean;
  /** `dockerd` is here. The `docker` command alone, as some machines have it, is no engine. */
  readonly daemon: boolean;
  /** Docker runs elsewhere (`DOCKER_HOST`): starting one here would not help. */
  readonly remote: string | undefined;
}

/** This machine. */
export function thisHost(): Host {
  return {
    root: userInfo().uid === 0,
    debian: existsSync("/etc/os-release") && isDebian(readFileSync("/etc/os-release", "utf8")),
    systemd: existsSync("/run/systemd/system"),
    daemon: (process.env["PATH"] ?? "")
      .split(path.delimiter)
      .some((folder) => existsSync(path.join(folder, "dockerd"))),
    remote: process.env["DOCKER_HOST"],
  };
}

/** Whether the text of /etc/os-release names Debian, Ubuntu or a system made from them. Pure. */
export function isDebian(osRelease: string): boolean {
  const names = [...osRelease.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap(([, value = ""]) =>
    value.replaceAll('"', "").split(" "),
  );
  return names.some((name) => name === "debian" || name === "ubuntu");
}

/** How to get Docker Engine here by hand. Pure. */
export function installRemedy(host: Host): string {
  if (!host.debian) return "Install Docker Engine: https://docs.docker.com/engine/install/";
  return (
    "Install Docker Engine: `sudo apt-get install docker.io`, then let your user use it: " +
    "`sudo usermod -aG docker $USER` and log in again. Or run this command as root: it installs it itself."
  );
}

/** How to start Docker here by hand. Pure. */
export function startRemedy(host: Host): string {
  if (host.remote) return `Start the Docker that DOCKER_HOST names (${host.remote}), or unset DOCKER_HOST.`;
  if (host.systemd) return "Start it: `sudo systemctl start docker`.";
  return "Start it: as root, `dockerd >/var/log/dockerd.log 2>&1 &`. Or run this command as root: it starts it itself.";
}

/** How to let this user use Docker. */
export const accessRemedy =
  "Let your user use Docker: `sudo usermod -aG docker $USER`, then log in again (or `newgrp docker`).";

/** Whether this process may install and start Docker. Pure. */
export function maySetUp(host: Host): boolean {
  return host.root && !host.remote;
}

/**
 * What was seen, told from a `docker` command that has no engine here to talk to: that is none. Where this process may
 * not start one, it cannot tell. Pure.
 */
export function engineOn(host: Host, seen: Engine): Engine {
  return seen.state === "stopped" && maySetUp(host) && !host.daemon ? { state: "absent" } : seen;
}

/** The file a `dockerd` started from here writes to: outside the checkout, because it outlives it. */
const daemonLog = "/var/log/dockerd.log";

/** How long Docker may take to answer after it was started. Milliseconds. */
const startTimeout = 90_000;

/**
 * Sees to it that Docker runs: installs it where it is missing and starts it where it stands still, as far as this
 * process may.
 *
 * @returns what it did, for people
 * @throws Problem with what to do by hand
 */
export async function ensureEngine(progress: Progress, host: Host = thisHost()): Promise<string> {
  let engine = engineOn(host, await inspectEngine());
  const done: string[] = [];
  if (engine.state === "absent") {
    if (!maySetUp(host) || !host.debian) throw new Problem("Docker is not installed", installRemedy(host));
    await installEngine(progress, host);
    done.push("installed");
    engine = await inspectEngine();
  }
  if (engine.state === "denied")
    throw new Problem(`Docker refuses this user: ${engine.reason}`, accessRemedy);
  if (engine.state !== "running") {
    if (!maySetUp(host)) throw new Problem(`Docker does not answer: ${reasonOf(engine)}`, startRemedy(host));
    engine = await startEngine(progress, host);
    done.push("started");
  }
  return [...done, engine.state === "running" ? `version ${engine.version}` : ""].join(", ");
}

/** Debian's packages. cgroupfs-mount brings what dockerd needs where no init system mounts control groups. */
async function installEngine(progress: Progress, host: Host): Promise<void> {
  const apt = (...args: string[]) =>
    progress.command("apt-get", ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3", ...args], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  await apt("update");
  const packages = ["docker.io", "iptables", "ca-certificates", ...(host.systemd ? [] : ["cgroupfs-mount"])];
  // Newer releases keep the command in a package of its own, which docker.io only recommends.
  if (await hasPackage(progress, "docker-cli")) packages.push("docker-cli");
  await apt("install", "--yes", "--no-install-recommends", ...packages);
}

async function hasPackage(progress: Progress, name: string): Promise<boolean> {
  let candidate = false;
  await progress.command("apt-cache", ["policy", name], {
    onLine: (line) => (candidate ||= /Candidate: (?!\(none\))/.test(line)),
  });
  return candidate;
}

async function startEngine(progress: Progress, host: Host): Promise<Engine> {
  progress.update("starting Docker");
  if (host.systemd) await progress.command("systemctl", ["start", "docker"]);
  const daemon = host.systemd ? undefined : await startDaemon(progress);
  let engine: Engine = { state: "absent" };
  try {
    await waitUntil("Docker to answer", startTimeout, progress.signal, async () => {
      if (typeof daemon?.exitCode === "number")
        throw new Error(`dockerd ended with exit code ${daemon.exitCode}`);
      engine = await inspectEngine();
      return engine.state === "running" ? undefined : reasonOf(engine);
    });
  } catch (error) {
    const log = host.systemd ? undefined : daemonLog;
    const tail = log && existsSync(log) ? `\n${indent(lastLinesOf(readFileSync(log, "utf8"), 15))}` : "";
    throw new Problem(
      `Docker did not start: ${messageOf(error)}${tail}`,
      log
        ? `Read ${log}, put right what it complains of, and run this command again.`
        : "Read `journalctl -u docker`.",
    );
  }
  return engine;
}

/** Starts dockerd so that it goes on after this process, its terminal and its checkout are gone. */
async function startDaemon(progress: Progress) {
  if (!existsSync("/sys/fs/cgroup/cgroup.controllers") && !existsSync("/sys/fs/cgroup/memory")) {
    await progress.command("cgroupfs-mount", []);
  }
  removeStalePidFile("/var/run/docker.pid");
  const log = openSync(daemonLog, "a");
  progress.note(`dockerd writes to ${daemonLog}`);
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log], cwd: "/" });
  daemon.on("error", (error) => progress.note(`dockerd: ${error.message}`));
  daemon.unref();
  return daemon;
}

/** After a crash or a reboot the file may name a process that is not dockerd; dockerd would refuse to start. */
function removeStalePidFile(file: string): void {
  if (!existsSync(file)) return;
  const pid = readFileSync(file, "utf8").trim();
  const command = `/proc/${pid}/comm`;
  if (existsSync(command) && readFileSync(command, "utf8").trim() === "dockerd") return;
  rmSync(file, { force: true });
}

function reasonOf(engine: Engine): string {
  return "reason" in engine ? engine.reason : `Docker is ${engine.state}`;
}

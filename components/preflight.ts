import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { imageNames, imageReference, missingImages } from "../images/reference";
import { Settings, SettingsError } from "./config";
import { resolveImageSource } from "./images";
import { currentJobsFolder, jarNames } from "./job-jars";
import { homeLabel, ports, projectFolder, publishedPort, Stack, stackLabel } from "./stack";

/**
 * Looks at this machine before anything is created, and refuses what would fail half-way: ports that others hold,
 * images and jars that are not built. All problems in one message.
 *
 * @throws SettingsError
 */
export function refuseWhatCannotWork(settings: Settings, stack: Stack): void {
  const problems = [...takenPorts(stack), ...missingBuilds(settings), ...fullDisk()];
  if (problems.length > 0) throw new SettingsError(problems);
}

function takenPorts(stack: Stack): string[] {
  const ours = portsPublishedBy(stack);
  const listening = listeningPorts();
  return Object.entries(ports)
    .map(([server, port]) => ({ server, port: publishedPort(stack, port) }))
    .filter(({ port }) => listening.has(port) && !ours.has(port))
    .map(
      ({ server, port }) =>
        `port ${port} (${server}) is taken by another program: stop it, or set portOffset`,
    );
}

function missingBuilds(settings: Settings): string[] {
  const problems: string[] = [];
  try {
    const source = resolveImageSource(settings.images);
    // The registry's images are pulled when they are needed; ours have to be built first.
    const missing = missingImages(imageNames.map((name) => imageReference(name, source))).filter(
      (reference) => reference.startsWith("tributary/"),
    );
    if (missing.length > 0)
      problems.push(`images are not built (${missing.join(", ")}): run \`make images\``);
  } catch (error) {
    problems.push((error as Error).message);
  }
  const jars = Object.values(jarNames).filter((jar) => !fs.existsSync(`${currentJobsFolder}/${jar}`));
  if (jars.length > 0) problems.push(`jobs are not built (${jars.join(", ")}): run \`make jobs\``);
  return problems;
}

/** Less than this fills up before anybody notices. Bytes. */
const leastFreeDisk = 2 * 1024 ** 3;

/** Docker's data may lie on another machine: then nothing is known, and nothing refused. */
function fullDisk(): string[] {
  const folder = execFileSync("docker", ["info", "--format", "{{.DockerRootDir}}"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
  if (!fs.existsSync(folder)) return [];
  const { bavail, bsize } = fs.statfsSync(folder);
  return describeFullDisk(folder, bavail * bsize);
}

/** Pure. @param free bytes that are free where Docker keeps its data */
export function describeFullDisk(folder: string, free: number): string[] {
  if (free >= leastFreeDisk) return [];
  const megabytes = (bytes: number) => `${Math.floor(bytes / 1024 ** 2)} MB`;
  return [
    `only ${megabytes(free)} are free in ${folder}, where Docker keeps its data: free at least ` +
      `${megabytes(leastFreeDisk)}, or MySQL, Kafka and the checkpoints stop when it is full`,
  ];
}

/** Ports on this machine that somebody listens on, where the system says (Linux). */
function listeningPorts(): Set<number> {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter((table) => fs.existsSync(table));
  return new Set(tables.flatMap((table) => parseListeningPorts(fs.readFileSync(table, "utf8"))));
}

/** Pure. @param table the text of /proc/net/tcp: local address in the second column, state 0A is listening */
export function parseListeningPorts(table: string): number[] {
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === "0A")
    .map((columns) => parseInt(columns[1]!.split(":")[1]!, 16));
}

function portsPublishedBy(stack: Stack): Set<number> {
  const args = ["ps", ...onlyThoseOf(stack), "--format", "{{.Ports}}"];
  const published = execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return new Set([...published.matchAll(/:(\d+)->/g)].map((match) => Number(match[1])));
}

/** Pure. Has docker list only what is this stack's: another checkout's stack of the same name is not. */
export function onlyThoseOf(stack: Stack, home = projectFolder): string[] {
  const labels = [`${stackLabel}=${stack.name}`, `${homeLabel}=${home}`];
  return labels.flatMap((label) => ["--filter", `label=${label}`]);
}

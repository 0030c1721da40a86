import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { parseSettings, type Settings } from "../../components/config";
import { homeLabel, ports, stackLabel } from "../../components/stack";
import { docker, listContainers, listNetworks, listVolumes, type Container, type Labelled } from "./docker";
import { privateFolder, projectFolder } from "./project";

/** Settings that are nobody's business but this machine's, and Pulumi's working copies of the others. */
export const privateConfigFolder = path.join(privateFolder, "config");

/** The file with a stack's settings: tracked ones in the checkout's root, others, like the test stack's, in private. */
export function configFileOf(stack: string): string {
  const tracked = path.join(projectFolder, `Pulumi.${stack}.yaml`);
  return existsSync(tracked) ? tracked : path.join(privateConfigFolder, `Pulumi.${stack}.yaml`);
}

const projectSchema = z.object({
  name: z.string(),
  config: z.record(z.string(), z.object({ default: z.unknown() })),
});
const stackConfigSchema = z.object({ config: z.record(z.string(), z.unknown()).nullish() });

/**
 * A stack's settings, without Pulumi: the defaults of `Pulumi.yaml` under the values of the stack's file.
 *
 * @throws SettingsError listing what makes no sense
 */
export function readStackSettings(stack: string): Settings {
  const file = configFileOf(stack);
  const given = existsSync(file)
    ? stackConfigSchema.parse(parse(readFileSync(file, "utf8")) ?? {}).config
    : {};
  return settingsOver(given ?? {});
}

/** The settings of a stack that sets nothing itself. */
export function defaultSettings(): Settings {
  return settingsOver({});
}

function settingsOver(given: Readonly<Record<string, unknown>>): Settings {
  const project = projectSchema.parse(parse(readFileSync(path.join(projectFolder, "Pulumi.yaml"), "utf8")));
  return parseSettings((name) => {
    const value = given[`${project.name}:${name}`] ?? project.config[name]?.default;
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  });
}

/** The ports of this machine that a stack publishes, by what listens there. */
export function publishedPorts(settings: Pick<Settings, "portOffset">): ReadonlyMap<number, string> {
  return new Map(Object.entries(ports).map(([server, port]) => [port + settings.portOffset, server]));
}

/** The names of a stack's containers. */
export function containerNames(settings: Pick<Settings, "prefix" | "taskManagers">): string[] {
  const taskManagers = Array.from({ length: settings.taskManagers }, (_, i) =>
    i === 0 ? "flink-taskmanager" : `flink-taskmanager-${i + 1}`,
  );
  const servers = [
    "mysql",
    "kafka",
    "clickhouse-server",
    "flink-zookeeper",
    "flink-jobmanager",
    ...taskManagers,
  ];
  return [...servers, "platform-api", "nginx"].map((name) => settings.prefix + name);
}

/** What of a stack, or in its way, is on this machine. */
export interface StackThings {
  readonly containers: readonly Container[];
  readonly networks: readonly Labelled[];
  readonly volumes: readonly Labelled[];
}

/** Everything on this machine that Docker knows. */
export async function listThings(): Promise<StackThings> {
  const [containers, networks, volumes] = await Promise.all([
    listContainers(),
    listNetworks(),
    listVolumes(),
  ]);
  return { containers, networks, volumes };
}

/** Whether this checkout's stack of that name made it. */
export function belongsTo(
  stack: string,
  labels: Readonly<Record<string, string>>,
  home = projectFolder,
): boolean {
  return labels[stackLabel] === stack && labels[homeLabel] === home;
}

/** What belongs to a stack of this checkout. Pure. */
export function thingsOf(stack: string, things: StackThings, home = projectFolder): StackThings {
  const ours = ({ labels }: { labels: Readonly<Record<string, string>> }) => belongsTo(stack, labels, home);
  return {
    containers: things.containers.filter(ours),
    networks: things.networks.filter(ours),
    volumes: things.volumes.filter(ours),
  };
}

/**
 * What stacks of that name left behind whose checkout is gone: nobody can take them down any more. Pure.
 *
 * @param exists whether a folder is there
 */
export function orphansOf(
  stack: string,
  things: StackThings,
  exists: (folder: string) => boolean,
): StackThings {
  const orphaned = ({ labels }: { labels: Readonly<Record<string, string>> }) =>
    labels[stackLabel] === stack && !exists(labels[homeLabel] ?? "");
  return {
    containers: things.containers.filter(orphaned),
    networks: things.networks.filter(orphaned),
    volumes: things.volumes.filter(orphaned),
  };
}

/** Whether there is nothing at all. Pure. */
export function isEmpty({ containers, networks, volumes }: StackThings): boolean {
  return containers.length + networks.length + volumes.length === 0;
}

/** Their names, for people. Pure. */
export function describeThings({ containers, networks, volumes }: StackThings): string {
  const named = (kind: string, things: readonly { name: string }[]) =>
    things.map(({ name }) => `${kind} ${name}`);
  return [...named("container", containers), ...named("network", networks), ...named("volume", volumes)].join(
    ", ",
  );
}

/** What bears a name of the stack but belongs to somebody else. Pure. */
export function foreignThings(
  stack: string,
  settings: Pick<Settings, "prefix" | "taskManagers">,
  things: StackThings,
  home = projectFolder,
): StackThings {
  const names = new Set(containerNames(settings));
  const foreign = (wanted: (name: string) => boolean) => (thing: Labelled) =>
    wanted(thing.name) && !belongsTo(stack, thing.labels, home);
  const isNetworks = (name: string) => name === `${settings.prefix}tributary`;
  const isVolumes = (name: string) => name.startsWith(`${settings.prefix}tributary-`) && !isCache(name);
  return {
    containers: things.containers.filter(foreign((name) => names.has(name))),
    networks: things.networks.filter(foreign(isNetworks)),
    volumes: things.volumes.filter(foreign(isVolumes)),
  };
}

/** Volumes that keep downloads for the builders; they belong to no stack. */
function isCache(volume: string): boolean {
  return volume.startsWith("tributary-cache-");
}

/** Removes what `things` lists: containers first, because they hold networks and volumes. */
export async function removeThings({ containers, networks, volumes }: StackThings): Promise<void> {
  const remove = async (kind: "container" | "network" | "volume", things: readonly { id: string }[]) => {
    if (things.length > 0) await docker(kind, "rm", "--force", ...things.map(({ id }) => id));
  };
  await remove("container", containers);
  for (const network of networks) await docker("network", "rm", network.id);
  await remove("volume", volumes);
}

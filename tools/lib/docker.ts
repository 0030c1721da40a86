import { execa } from "execa";
import { z } from "zod";
import { messageOf } from "./problem";

/** What this machine's Docker is like. */
export type Engine =
  /** There is no `docker` command. */
  | { readonly state: "absent" }
  /** The command is there, but nothing answers it. */
  | { readonly state: "stopped"; readonly reason: string }
  /** It answers, but not to this user. */
  | { readonly state: "denied"; readonly reason: string }
  | {
      readonly state: "running";
      readonly version: string;
      readonly apiVersion: string;
      /** Of the machine it runs containers on, e.g. `linux`. */
      readonly os: string;
      readonly architecture: string;
    };

const serverVersionSchema = z.object({
  Server: z.object({ Version: z.string(), ApiVersion: z.string(), Os: z.string(), Arch: z.string() }),
});

/** A question to Docker that it did not answer within this time counts as not answered. Milliseconds. */
const timeout = 60_000;

/** Asks Docker whether it is there and running. */
export async function inspectEngine(): Promise<Engine> {
  const result = await execa("docker", ["version", "--format", "{{json .}}"], { reject: false, timeout });
  if (result.code === "ENOENT") return { state: "absent" };
  if (result.exitCode !== 0) return unreachable(result.stderr || result.originalMessage || "no answer");
  const server = serverVersionSchema.parse(JSON.parse(result.stdout)).Server;
  return {
    state: "running",
    version: server.Version,
    apiVersion: server.ApiVersion,
    os: server.Os,
    architecture: server.Arch,
  };
}

/** Tells a daemon that is not there from one that refuses this user. Pure. */
export function unreachable(stderr: string): Engine {
  const reason = stderr.trim().split("\n").at(-1) ?? "";
  return /permission denied/i.test(stderr) ? { state: "denied", reason } : { state: "stopped", reason };
}

/**
 * What a docker command prints.
 *
 * @throws Error with Docker's own message
 */
export async function docker(...args: string[]): Promise<string> {
  try {
    const { stdout } = await execa("docker", args, { stdin: "ignore", timeout });
    return stdout;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`docker ${args[0] ?? ""}: ${stderr || messageOf(error)}`, { cause: error });
  }
}

/** What Docker knows of a container, as far as this project asks. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `created`, `running`, `paused`, `restarting`, `exited` or `dead`. */
  readonly status: string;
  /** `starting`, `healthy` or `unhealthy`; `undefined` without a health check. */
  readonly health: string | undefined;
  /** What its newest failed health check said. */
  readonly healthOutput: string;
  readonly exitCode: number;
  /** How often Docker has restarted it by itself since it was last started. */
  readonly restarts: number;
  readonly startedAt: string;
  /** Ports of this machine that it holds, or would hold if it ran. */
  readonly publishedPorts: readonly number[];
}

const labelsSchema = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {});

const containerSchema = z
  .object({
    Id: z.string(),
    Name: z.string(),
    RestartCount: z.number(),
    State: z.object({
      Status: z.string(),
      ExitCode: z.number(),
      StartedAt: z.string(),
      Health: z
        .object({
          Status: z.string(),
          Log: z.array(z.object({ ExitCode: z.number(), Output: z.string() })).nullish(),
        })
        .nullish(),
    }),
    Config: z.object({ Image: z.string(), Labels: labelsSchema }),
    HostConfig: z.object({
      PortBindings: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()).nullish(),
    }),
  })
  .transform(({ Id, Name, RestartCount, State, Config, HostConfig }): Container => ({
    id: Id,
    name: Name.replace(/^\//, ""),
    image: Config.Image,
    labels: Config.Labels,
    status: State.Status,
    health: State.Health?.Status,
    healthOutput: State.Health?.Log?.findLast((check) => check.ExitCode !== 0)?.Output.trim() ?? "",
    exitCode: State.ExitCode,
    restarts: RestartCount,
    startedAt: State.StartedAt,
    publishedPorts: Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
      (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
    ),
  }));

/** Containers from the text of `docker container inspect`. Pure. */
export function parseContainers(inspected: string): Container[] {
  return z.array(containerSchema).parse(JSON.parse(inspected));
}

/** All containers of this machine, running or not. */
export async function listContainers(): Promise<Container[]> {
  return parseContainers(await inspectAll("container", ["ps", "--all", "--quiet", "--no-trunc"]));
}

/** A network or a volume. */
export interface Labelled {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const labelledSchema = z
  .object({ Id: z.string().optional(), Name: z.string(), Labels: labelsSchema })
  .transform(({ Id, Name, Labels }): Labelled => ({ id: Id ?? Name, name: Name, labels: Labels }));

/** All networks of this machine. */
export async function listNetworks(): Promise<Labelled[]> {
  return z.array(labelledSchema).parse(JSON.parse(await inspectAll("network", ["network", "ls", "--quiet"])));
}

/** All volumes of this machine. */
export async function listVolumes(): Promise<Labelled[]> {
  return z.array(labelledSchema).parse(JSON.parse(await inspectAll("volume", ["volume", "ls", "--quiet"])));
}

/** How often a listing is tried again because something in it was removed before it could be looked at. */
const attempts = 5;

async function inspectAll(kind: "container" | "network" | "volume", list: string[]): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const ids = (await docker(...list)).split("\n").filter(Boolean);
    if (ids.length === 0) return "[]";
    try {
      return await docker(kind, "inspect", ...ids);
    } catch (error) {
      if (attempt === attempts || !/no such/i.test(messageOf(error))) throw error;
    }
  }
}

import { execa } from "execa";
import { eventually } from "./eventually";
import { container, docker, ofThisStack, stackName } from "./stack";

/** The servers of the pipeline, from the source to the warehouse. */
export const servers = [
  "mysql",
  "kafka",
  "flink-zookeeper",
  "flink-jobmanager",
  "flink-taskmanager",
  "clickhouse-server",
] as const;

/** One of them. */
export type Server = (typeof servers)[number];

/** Kills a container's main process, as a crash does: to Docker it died by itself, so it starts again by its policy. */
export async function crash(server: Server): Promise<void> {
  const pid = await inspect(server, "{{.State.Pid}}");
  // As a process to kill, 0 would mean ourselves.
  if (pid === "0") throw new Error(`${server} does not run, so it cannot crash`);
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    // Docker may do what this user may not.
    const image = await inspect(server, "{{.Image}}");
    const options = ["--rm", "--pid=host", "--network=none", "--user=0", "--entrypoint=kill"];
    await docker("run", ...options, image, "-9", pid);
  }
}

/** Restarts containers in the orderly way, all at the same time. */
export async function restart(...names: readonly Server[]): Promise<void> {
  await Promise.all(names.map(async (name) => docker("restart", await container(name))));
}

/** Cuts a container off from all others, does something, and puts it back under its name. */
export async function cutOff(server: Server, during: () => Promise<void>): Promise<void> {
  const [network, name] = [await container("tributary"), await container(server)];
  await docker("network", "disconnect", network, name);
  try {
    await during();
  } finally {
    await docker("network", "connect", "--alias", server, network, name);
  }
}

/**
 * Silently drops everything between two containers, both ways, does something, and lets it pass again. Docker cannot say
 * this: it is a rule in the network namespace of the first, which takes root on Linux, and goes with it.
 */
export async function cutBetween(one: Server, other: Server, during: () => Promise<unknown>): Promise<void> {
  const [pid, address] = await Promise.all([
    inspect(one, "{{.State.Pid}}"),
    inspect(other, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"),
  ]);
  const rules = async (verb: "--append" | "--delete") => {
    const iptables = ["--target", pid, "--net", "iptables", "--wait", verb];
    await execa("nsenter", [...iptables, "INPUT", "--source", address, "--jump", "DROP"]);
    await execa("nsenter", [...iptables, "OUTPUT", "--destination", address, "--jump", "DROP"]);
  };
  await rules("--append");
  try {
    await during();
  } finally {
    if ((await inspect(one, "{{.State.Pid}}")) === pid) await rules("--delete");
  }
}

async function inspect(server: Server, format: string): Promise<string> {
  return docker("inspect", "--format", format, await container(server));
}

/** Stops every process of a server where it is, lets something happen meanwhile, and lets them go on. */
export async function frozen(server: Server, during: () => Promise<unknown>): Promise<void> {
  const name = await container(server);
  await docker("pause", name);
  try {
    await during();
  } finally {
    await docker("unpause", name);
  }
}

/** Waits until Docker has a server running, healthy or not. */
export async function running(server: Server): Promise<void> {
  await eventually(
    `${server} runs`,
    async () => {
      const state = await inspect(server, "{{.State.Status}}");
      if (state !== "running") throw new Error(`${server} is ${state}`);
    },
    { timeout: 120_000 },
  );
}

/** Every container of the stack that is not up and healthy. */
export async function unwell(): Promise<string> {
  const lines = (await docker("ps", "--all", ...ofThisStack, "--format", "{{.Names}} {{.Status}}")).split(
    "\n",
  );
  return lines.filter((line) => !/ Up .*\(healthy\)$/.test(line)).join(", ");
}

/** Runs `make up` on the stack. Throws with its output if it fails. */
export async function makeUp(): Promise<void> {
  const args = ["--import", "tsx", "tools/up.ts", "--stack", stackName, "--yes"];
  const { failed, all } = await execa(process.execPath, args, { all: true, stdin: "ignore", reject: false });
  if (failed) throw new Error(`make up failed: ${all}`);
}

import { execa } from "execa";
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
  const name = await container(server);
  const pid = await docker("inspect", "--format", "{{.State.Pid}}", name);
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    // Docker may do what this user may not.
    const image = await docker("inspect", "--format", "{{.Image}}", name);
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

/** Every container of the stack that is not up and healthy. */
export async function unwell(): Promise<string> {
  const lines = (await docker("ps", "--all", ...ofThisStack, "--format", "{{.Names}} {{.Status}}")).split(
    "\n",
  );
  return lines.filter((line) => !/ Up .*\(healthy\)$/.test(line)).join(", ");
}

/** Which containers ran out of memory since then. @param since milliseconds since 1970 */
export async function outOfMemory(since: number): Promise<string> {
  const span = ["--since", String(since / 1000), "--until", String(Date.now() / 1000)];
  return docker(
    "events",
    ...span,
    "--filter",
    "event=oom",
    ...ofThisStack,
    "--format",
    "{{.Actor.Attributes.name}}",
  );
}

/** Runs `make up` on the stack. Throws with its output if it fails. */
export async function makeUp(): Promise<void> {
  const args = ["--import", "tsx", "tools/up.ts", "--stack", stackName, "--yes"];
  const { failed, all } = await execa(process.execPath, args, { all: true, stdin: "ignore", reject: false });
  if (failed) throw new Error(`make up failed: ${all}`);
}

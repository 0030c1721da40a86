import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ExecutionContext } from "ava";
import { execa } from "execa";
import type { ServerImage } from "../../../images/catalog";
import { imageReference, missingImages, recordedImageSource } from "../../../images/reference";
import { eventually } from "../../lib/eventually";

/** Where this machine's images come from. The contract is the same; only refusals of ours may say more. */
export const imageSource = recordedImageSource() ?? "packages";

/** The image under test. */
export function imageUnderTest(name: ServerImage): string {
  const reference = imageReference(name, imageSource);
  if (missingImages([reference]).length > 0) throw new Error(`${reference} is missing: run \`make images\``);
  return reference;
}

export interface ContainerOptions {
  readonly image: string;
  /** The number that the stack runs it as. @default the image's own user */
  readonly user?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments to the entrypoint. */
  readonly command?: readonly string[];
  /** Text files to put in before it starts, by path. Paths ending in `.sh` are executable. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Data that outlives the container: paths by the name of a volume. */
  readonly volumes?: Readonly<Record<string, string>>;
  readonly network?: string;
  /** Its name in the network. */
  readonly hostname?: string;
  /** Ports to publish on loopback, each under a number that Docker chooses. */
  readonly publish?: readonly number[];
}

const label = "io.tributary.test=images";

function uniqueName(what: string): string {
  return `tributary-test-${what}-${randomBytes(4).toString("hex")}`;
}

async function docker(...args: string[]): Promise<string> {
  return (await execa("docker", args, { stdin: "ignore" })).stdout;
}

/** A container that is removed, with its nameless volumes, when its test ends. */
export class Container {
  private constructor(readonly name: string) {}

  static async start(t: ExecutionContext, options: ContainerOptions): Promise<Container> {
    const container = await Container.create(t, options);
    await docker("start", container.name);
    return container;
  }

  /** Runs a container to its end. */
  static async run(
    t: ExecutionContext,
    options: ContainerOptions,
  ): Promise<{ exitCode: number; output: string }> {
    const container = await Container.start(t, options);
    const exitCode = await container.ended();
    return { exitCode, output: await container.logs() };
  }

  private static async create(t: ExecutionContext, options: ContainerOptions): Promise<Container> {
    const { image, user, env = {}, command = [], files = {}, volumes = {}, publish = [] } = options;
    const { network, hostname } = options;
    const name = uniqueName("container");
    await docker(
      ...["create", "--name", name, "--label", label, "--security-opt", "no-new-privileges"],
      ...(user === undefined ? [] : ["--user", String(user)]),
      ...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...Object.entries(volumes).flatMap(([volume, target]) => ["--volume", `${volume}:${target}`]),
      ...(network === undefined ? [] : ["--network", network]),
      ...(hostname === undefined ? [] : ["--hostname", hostname, "--network-alias", hostname]),
      ...publish.flatMap((port) => ["--publish", `127.0.0.1::${port}`]),
      ...[image, ...command],
    );
    t.teardown(() => docker("rm", "--force", "--volumes", name));
    await putFiles(name, files);
    return new Container(name);
  }

  /** What a command in the container prints. Throws with its output if it fails. */
  async exec(...command: string[]): Promise<string> {
    return docker("exec", this.name, ...command);
  }

  /** The same through bash. */
  async bash(script: string): Promise<string> {
    return this.exec("bash", "-c", script);
  }

  /** Waits until something inside listens on the port. Docker answers on a published one before that. */
  async listens(port: number): Promise<void> {
    await eventually(
      `${this.name} listens on ${port}`,
      () => this.bash(`exec 3<>/dev/tcp/127.0.0.1/${port}`),
      {
        timeout: 120_000,
        interval: 250,
      },
    );
  }

  /** Everything it has written since it was made. */
  async logs(): Promise<string> {
    const { all } = await execa("docker", ["logs", this.name], { all: true });
    return all;
  }

  /** The port on loopback behind which the container's port is. */
  async publishedPort(port: number): Promise<number> {
    const address = await docker("port", this.name, `${port}/tcp`);
    return Number(address.split(":").at(-1));
  }

  /** Stops it as `docker stop` does, and says how its main process ended. 137 means that it had to be killed. */
  async stop(): Promise<number> {
    await docker("stop", "--time", "60", this.name);
    return this.ended();
  }

  async startAgain(): Promise<void> {
    await docker("start", this.name);
  }

  /** Waits for its end. */
  async ended(): Promise<number> {
    return Number(await docker("wait", this.name));
  }
}

/** A volume that is removed when its test ends. */
export async function createVolume(t: ExecutionContext): Promise<string> {
  const name = uniqueName("volume");
  await docker("volume", "create", "--label", label, name);
  // Containers of the test are removed first: the last teardown runs first.
  t.teardown(() => docker("volume", "rm", name));
  return name;
}

/** A network that is removed when its test ends. */
export async function createNetwork(t: ExecutionContext): Promise<string> {
  const name = uniqueName("network");
  await docker("network", "create", "--label", label, name);
  t.teardown(() => docker("network", "rm", name));
  return name;
}

async function putFiles(container: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "tributary-test-"));
  try {
    for (const [target, content] of Object.entries(files)) {
      const file = path.join(folder, target);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
      await chmod(file, target.endsWith(".sh") ? 0o755 : 0o644);
      await docker("cp", file, `${container}:${target}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

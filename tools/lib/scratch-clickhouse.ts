import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { execa } from "execa";
import { serverConfig, type ClickHouseUser, usersConfig } from "../../components/clickhouse";
import { database } from "../../components/tables";
import type { Size } from "../../components/units";
import { imageReference, recordedImageSource } from "../../images/reference";
import { waitUntil } from "./wait";

export interface ServerOptions {
  /** Limit of the container. @default "1536 MB" */
  memory?: Size;
  /** More configuration: path below /etc/clickhouse-server → content. */
  files?: Readonly<Record<string, string>>;
}

const users: readonly ClickHouseUser[] = ["schema", "sync", "reader", "dashboard", "verify"];

/** How long a busy machine may take to start or stop the server, ms. */
const patience = 60_000;

/** A ClickHouse in a container of its own, for tests and measurements, with the users and settings of a stack's. */
export class ScratchClickHouse {
  private readonly clients: ClickHouseClient[] = [];
  private ports: Readonly<Record<number, number>> = {};

  private constructor(
    readonly container: string,
    private readonly folder: string,
    private readonly password: string,
  ) {}

  /** Starts one and waits until it answers. */
  static async start({ memory = "1536 MB", files = {} }: ServerOptions = {}): Promise<ScratchClickHouse> {
    const name = `tributary-scratch-clickhouse-${randomBytes(4).toString("hex")}`;
    const password = randomBytes(12).toString("hex");
    const folder = await mkdtemp(path.join(tmpdir(), `${name}-`));
    // The container's user is another one than ours.
    await chmod(folder, 0o755);
    const mounts = {
      "/etc/clickhouse-server/config.d/tributary.xml": serverConfig(memory),
      "/etc/clickhouse-server/users.d/tributary.xml": usersConfig(
        users.map((user) => ({ user, password })),
        database,
      ),
      "/etc/clickhouse-client/config.xml": `<config><user>reader</user><password>${password}</password><database>${database}</database></config>`,
      ...Object.fromEntries(
        Object.entries(files).map(([file, content]) => [`/etc/clickhouse-server/${file}`, content]),
      ),
    };
    const volumes = await Promise.all(
      Object.entries(mounts).map(async ([target, content]) => {
        const source = path.join(folder, target);
        await mkdir(path.dirname(source), { recursive: true });
        await writeFile(source, content);
        return `${source}:${target}:ro`;
      }),
    );
    const bytes = memory.replace(" MB", "m").replace(" GB", "g");
    const server = new ScratchClickHouse(name, folder, password);
    await execa("docker", [
      ...["run", "--detach", "--name", name, "--memory", bytes, "--memory-swap", bytes],
      ...["--publish", "127.0.0.1::8123", "--publish", "127.0.0.1::9000"],
      ...volumes.flatMap((volume) => ["--volume", volume]),
      imageReference("clickhouse", recordedImageSource() ?? "packages"),
    ]);
    try {
      await server.ready();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** The port of this machine that leads to the container's. */
  port(inside: 8123 | 9000): number {
    return this.ports[inside]!;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port(8123)}`;
  }

  /** A client in the stack's database, which has to exist. */
  client(user: ClickHouseUser): ClickHouseClient {
    const client = createClient({
      url: this.url,
      username: user,
      password: this.password,
      database,
      request_timeout: patience,
      log: { level: ClickHouseLogLevel.OFF },
    });
    this.clients.push(client);
    return client;
  }

  /** What tools need to reach it as a user. */
  credentials(user: ClickHouseUser): { url: string; user: string; password: string; database: string } {
    return { url: this.url, user, password: this.password, database };
  }

  /** Runs a command in the container. It fails only where the command cannot be run. */
  async exec(
    command: readonly string[],
    input = "",
  ): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const { exitCode, stdout, stderr } = await execa(
      "docker",
      ["exec", "--interactive", this.container, ...command],
      { input, reject: false },
    );
    return { exitCode: exitCode ?? -1, stdout, stderr };
  }

  /** Ends the server as a crash would, and starts it again on the same data. */
  async crash(): Promise<void> {
    await execa("docker", ["kill", "--signal", "KILL", this.container]);
    await this.startAgain();
  }

  /** Ends the server as an orderly stop does. @returns the exit code */
  async stop(): Promise<number> {
    await execa("docker", ["stop", "--time", String(patience / 1000), this.container]);
    const { stdout } = await execa("docker", ["inspect", "--format", "{{.State.ExitCode}}", this.container]);
    return Number(stdout);
  }

  async startAgain(): Promise<void> {
    await execa("docker", ["start", this.container]);
    await this.ready();
  }

  /** Takes the container, its data and its files away. */
  async remove(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await execa("docker", ["rm", "--force", "--volumes", this.container], { reject: false });
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    // Docker chooses the ports at every start.
    const published = await Promise.all([this.publishedPort(8123), this.publishedPort(9000)]);
    this.ports = { 8123: published[0], 9000: published[1] };
    const client = createClient({
      url: this.url,
      request_timeout: 2_000,
      log: { level: ClickHouseLogLevel.OFF },
    });
    try {
      await waitUntil(`${this.container} to answer`, patience, new AbortController().signal, async () => {
        const answer = await client.ping();
        return answer.success ? undefined : answer.error.message;
      });
    } finally {
      await client.close();
    }
  }

  private async publishedPort(inside: number): Promise<number> {
    const { stdout } = await execa("docker", ["port", this.container, String(inside)]);
    return Number(stdout.split("\n")[0]!.split(":").at(-1));
  }
}

import * as crypto from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Connection } from "./connection";
import { Credentials } from "./mysql-user";
import { StackNetwork } from "./network";
import { Secret, SecretFile } from "./secret";
import { connectionTo, createServer, createVolume, httpCheck } from "./server";
import { ports, secretsFolderOf } from "./stack";
import { Size, toMegabytes } from "./units";

export interface ClickHouseArgs {
  network: StackNetwork;
  image: pulumi.Input<string>;
  /** Limit of the container; ClickHouse itself stops at 80 % of it, so that a query fails and not the server. */
  memory: Size;
  /** The database that its users work in. */
  database: string;
}

/** What each user of the warehouse may do in the stack's database. */
const grants = {
  /** Makes and changes tables and views. */
  schema: ["ALL ON {database}.*", "TABLE ENGINE ON *", "SELECT ON system.*"],
  /** The sync job. */
  sync: ["INSERT, SELECT ON {database}.*", "SELECT ON system.columns"],
  /** People, and `clickhouse-client` without arguments. */
  reader: ["SELECT, SHOW ON {database}.*"],
  /** The page's live numbers. */
  dashboard: ["SELECT ON {database}.*"],
  /** The consistency check. */
  verify: ["SELECT ON {database}.*"],
} as const;

export type ClickHouseUser = keyof typeof grants;

/** Users who can change no row, whatever they are granted. */
const readOnlyUsers: readonly ClickHouseUser[] = ["reader", "dashboard", "verify"];

/** The warehouse: ClickHouse with its users, each with a generated password and no right beyond its work. */
export class ClickHouse extends pulumi.ComponentResource {
  readonly connection: Connection;
  /** The same addresses as HTTP URLs. */
  readonly urls: { readonly internal: pulumi.Output<string>; readonly external: pulumi.Output<string> };
  readonly container: docker.Container;
  readonly database: string;
  private readonly passwords: Record<ClickHouseUser, Secret>;

  constructor(name: string, args: ClickHouseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:ClickHouse", name, {}, opts);
    this.database = args.database;

    this.passwords = this.createPasswords(args);
    this.container = this.createContainer(args);
    this.connection = connectionTo(this.container, args.network, "clickhouse-server", ports.clickhouse);
    this.urls = {
      internal: pulumi.interpolate`http://${this.connection.internal}`,
      external: pulumi.interpolate`http://${this.connection.external}`,
    };

    this.registerOutputs({ url: this.urls.external });
  }

  /** Who a client of the warehouse is. */
  credentials(user: ClickHouseUser): Credentials {
    return { user: pulumi.output(user), password: this.passwords[user] };
  }

  private createPasswords({ network }: ClickHouseArgs): Record<ClickHouseUser, Secret> {
    const create = (user: string) =>
      new Secret(
        `clickhouse-${user}-password`,
        { directory: secretsFolderOf(network.stack) },
        { parent: this },
      );
    return {
      schema: create("schema"),
      sync: create("sync"),
      reader: create("reader"),
      dashboard: create("dashboard"),
      verify: create("verify"),
    };
  }

  private createContainer(args: ClickHouseArgs): docker.Container {
    return createServer(
      "clickhouse-server",
      {
        network: args.network,
        image: args.image,
        memory: args.memory,
        uid: 101,
        environment: { TZ: "UTC" },
        publish: [ports.clickhouse],
        data: [
          {
            volume: createVolume("clickhouse-data", args.network, { parent: this }),
            path: "/var/lib/clickhouse",
          },
        ],
        files: { "/etc/clickhouse-server/config.d/tributary.xml": serverConfig(args.memory) },
        secrets: [
          { secret: this.createUsersFile(args), path: "/etc/clickhouse-server/users.d/tributary.xml" },
          { secret: this.createClientFile(args), path: "/etc/clickhouse-client/config.xml" },
        ],
        // The server reads its users when it starts.
        fingerprint: sha256(JSON.stringify([grants, readOnlyUsers])),
        healthCheck: httpCheck(ports.clickhouse, "/ping", "Ok."),
        stopWithin: 60,
      },
      { parent: this },
    );
  }

  private createUsersFile({ network, database }: ClickHouseArgs): SecretFile {
    const content = pulumi
      .all(
        Object.entries(this.passwords).map(([user, { value }]) =>
          value.apply((password) => ({ user, password })),
        ),
      )
      .apply((users) => usersConfig(users as { user: ClickHouseUser; password: string }[], database));
    const directory = secretsFolderOf(network.stack);
    return new SecretFile("clickhouse-users.xml", { directory, content }, { parent: this });
  }

  private createClientFile({ network, database }: ClickHouseArgs): SecretFile {
    const content = this.passwords.reader.value.apply((password) =>
      xml(
        `<config><user>reader</user><password>${password}</password><database>${database}</database></config>`,
      ),
    );
    const directory = secretsFolderOf(network.stack);
    return new SecretFile("clickhouse-client.xml", { directory, content }, { parent: this });
  }
}

function xml(content: string): string {
  return `<?xml version="1.0"?>\n${content}\n`;
}

function sha256(text: string): string {
  return crypto.createHash("sha256").update(text).digest("hex");
}

/** The users of the warehouse, with the hashes of their passwords. Pure. */
export function usersConfig(
  users: readonly { user: ClickHouseUser; password: string }[],
  database: string,
): string {
  const entries = users.map(({ user, password }) => {
    const queries = grants[user].map(
      (grant) => `<query>GRANT ${grant.replace("{database}", database)}</query>`,
    );
    const profile = readOnlyUsers.includes(user) ? "reading" : "default";
    return [
      `    <${user}>`,
      `      <password_sha256_hex>${sha256(password)}</password_sha256_hex>`,
      `      <networks><ip>::/0</ip></networks>`,
      `      <profile>${profile}</profile>`,
      `      <quota>default</quota>`,
      `      <grants>${queries.join("")}</grants>`,
      `    </${user}>`,
    ].join("\n");
  });
  // readonly=2: no change of data, but settings such as the output format may be chosen.
  return xml(
    [
      "<clickhouse>",
      "  <profiles><reading><readonly>2</readonly></reading></profiles>",
      "  <users>",
      // Without a password, so from inside the container only.
      '    <default><networks replace="replace"><ip>127.0.0.1</ip><ip>::1</ip></networks></default>',
      ...entries,
      "  </users>",
      "</clickhouse>",
    ].join("\n"),
  );
}

/** The server's settings. Pure. Logs of its own that nobody reads here stay off: they cost an idle server CPU and disk. */
export function serverConfig(memory: Size): string {
  const bytes = Math.floor(toMegabytes(memory) * 0.8) * 1024 * 1024;
  const silent = ["trace_log", "metric_log", "asynchronous_metric_log", "text_log", "processors_profile_log"];
  return xml(
    [
      "<clickhouse>",
      `  <max_server_memory_usage>${bytes}</max_server_memory_usage>`,
      "  <timezone>UTC</timezone>",
      ...silent.map((log) => `  <${log} remove="1"/>`),
      "</clickhouse>",
    ].join("\n"),
  );
}

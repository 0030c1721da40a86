import * as pulumi from "@pulumi/pulumi";
import { ClickHouse } from "./clickhouse";
import { Connection, splitAddress } from "./connection";
import { MySql } from "./mysql";
import { MySqlUser } from "./mysql-user";
import { StackNetwork } from "./network";
import { connectionTo, createServer, httpCheck, pathInContainer } from "./server";
import { ports } from "./stack";
import { Size } from "./units";

export interface PlatformApiArgs {
  network: StackNetwork;
  image: pulumi.Input<string>;
  memory: Size;
  source: MySql;
  /** Where its live numbers come from. */
  warehouse: ClickHouse;
}

/** The platform service: orders in over HTTP, into the source. */
export class PlatformApi extends pulumi.ComponentResource {
  readonly connection: Connection;
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: PlatformApiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:PlatformApi", name, {}, opts);
    const source = args.source.connection.internal.apply(splitAddress);
    // It reads and writes rows, and changes no table.
    const { user, password } = new MySqlUser(
      "platform_api",
      { server: args.source, grants: [{ privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"] }] },
      { parent: this },
    );
    const dashboard = args.warehouse.credentials("dashboard");

    const container = createServer(
      name,
      {
        network: args.network,
        image: args.image,
        memory: args.memory,
        uid: 1000,
        environment: {
          PORT: String(ports.platformApi),
          MYSQL_HOST: source.host,
          MYSQL_PORT: pulumi.interpolate`${source.port}`,
          MYSQL_USER: user,
          MYSQL_PASSWORD_FILE: pathInContainer(password),
          MYSQL_DATABASE: args.source.database,
          CLICKHOUSE_URL: args.warehouse.urls.internal,
          CLICKHOUSE_USER: dashboard.user,
          CLICKHOUSE_PASSWORD_FILE: pathInContainer(dashboard.password),
          CLICKHOUSE_DATABASE: args.warehouse.database,
        },
        publish: [ports.platformApi],
        secrets: [password, dashboard.password],
        healthCheck: httpCheck(ports.platformApi, "/health/ready", "200 OK"),
      },
      { parent: this },
    );

    this.connection = connectionTo(container, args.network, "platform-api", ports.platformApi);
    this.url = pulumi.interpolate`http://${this.connection.external}`;
    this.registerOutputs({ url: this.url });
  }
}

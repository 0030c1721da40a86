import * as docker from "@pulumi/docker";
import * as mysql from "@pulumi/mysql";
import * as pulumi from "@pulumi/pulumi";
import { Connection } from "./connection";
import { StackNetwork } from "./network";
import { Secret } from "./secret";
import { connectionTo, createServer, createVolume, pathInContainer } from "./server";
import { ports, secretsFolderOf } from "./stack";
import { Duration, Size, toMegabytes, toMilliseconds } from "./units";

export interface MySqlArgs {
  network: StackNetwork;
  image: pulumi.Input<string>;
  /** Limit of the container; InnoDB's buffer pool gets a third of it. */
  memory: Size;
  /** The database to make. */
  database: string;
  /** How long the binlog is kept, and so how long the capture job may be away. */
  binlogRetention: Duration;
}

/** The source: MySQL with a row binlog and GTIDs, its database, and a provider that acts in it as root. */
export class MySql extends pulumi.ComponentResource {
  readonly connection: Connection;
  readonly container: docker.Container;
  readonly network: StackNetwork;
  readonly provider: mysql.Provider;
  readonly database: pulumi.Output<string>;

  constructor(name: string, args: MySqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:MySql", name, {}, opts);
    this.network = args.network;

    const rootPassword = new Secret(
      "mysql-root-password",
      { directory: secretsFolderOf(args.network.stack) },
      { parent: this },
    );
    this.container = this.createContainer(args, rootPassword);
    this.connection = connectionTo(this.container, args.network, "mysql", ports.mysql);
    this.provider = new mysql.Provider(
      name,
      { endpoint: this.connection.external, username: "root", password: rootPassword.value },
      { parent: this },
    );
    this.database = new mysql.Database(
      args.database,
      { name: args.database, defaultCharacterSet: "utf8mb4", defaultCollation: "utf8mb4_0900_ai_ci" },
      { parent: this, provider: this.provider, deletedWith: this.container, deleteBeforeReplace: true },
    ).name;

    this.registerOutputs({ address: this.connection.external, database: this.database });
  }

  private createContainer(args: MySqlArgs, rootPassword: Secret): docker.Container {
    const passwordFile = pathInContainer(rootPassword);
    return createServer(
      "mysql",
      {
        network: args.network,
        image: args.image,
        memory: args.memory,
        uid: 999,
        environment: { MYSQL_ROOT_PASSWORD_FILE: passwordFile, TZ: "UTC" },
        publish: [ports.mysql],
        data: [
          { volume: createVolume("mysql-data", args.network, { parent: this }), path: "/var/lib/mysql" },
        ],
        files: { "/etc/mysql/conf.d/tributary.cnf": serverConfig(args) },
        secrets: [rootPassword],
        // Over TCP: while MySQL sets itself up for the first time it listens on its socket only.
        healthCheck: `MYSQL_PWD="$(<${passwordFile})" mysqladmin --protocol=tcp --host=127.0.0.1 --user=root ping`,
        stopWithin: 60,
      },
      { parent: this },
    );
  }
}

/**
 * Server variables that nothing downstream can do without. They can be changed while MySQL runs, so `make status` looks
 * at them, too. Pure.
 *
 * Replication from the binlog needs row format with full images and no compressed transactions; GTIDs tell the capture
 * job what it has seen; both syncs make a commit survive a power loss. Commits in the binlog's order are what verify
 * relies on, and the event scheduler writes the heartbeat.
 */
export function replicationVariables(binlogRetention: Duration): Readonly<Record<string, string | number>> {
  return {
    binlog_format: "ROW",
    binlog_row_image: "FULL",
    binlog_row_value_options: "",
    binlog_transaction_compression: "OFF",
    binlog_order_commits: "ON",
    // The largest transaction. None is split, those that are committed at once go into one file, and a place in a file has
    // to fit 32 bits: 1 GiB, where a file ends, and three of these stay below 4 GiB.
    max_binlog_cache_size: 1024 ** 3,
    binlog_expire_logs_seconds: toMilliseconds(binlogRetention) / 1000,
    gtid_mode: "ON",
    enforce_gtid_consistency: "ON",
    event_scheduler: "ON",
    sync_binlog: 1,
    innodb_flush_log_at_trx_commit: 1,
  };
}

/** The server's option file. Pure. */
export function serverConfig(args: { memory: Size; binlogRetention: Duration }): string {
  const options: Record<string, string | number> = {
    server_id: 1,
    log_bin: "binlog",
    ...replicationVariables(args.binlogRetention),
    // A transaction of a few thousand rows is gathered in memory, not in a temporary file.
    binlog_cache_size: 1024 ** 2,
    // Room for a minute of the heaviest load: a small log has the same pages written over and over.
    innodb_redo_log_capacity: 512 * 1024 ** 2,
    // Threads of the log's own pay off with many cores and many small transactions. Here they took an eighth of MySQL's
    // processor time: a transaction that writes its part of the log itself is cheaper.
    innodb_log_writer_threads: "OFF",
    innodb_buffer_pool_size: `${Math.floor(toMegabytes(args.memory) / 3)}M`,
    // What tells replicas which transactions may be applied side by side; capture takes them in order. Left to itself,
    // MySQL 9 was seen to remember up to ten million rows, in memory.
    binlog_transaction_dependency_history_size: 25_000,
    default_time_zone: "'+00:00'",
    character_set_server: "utf8mb4",
    max_connections: 200,
    mysqlx: "OFF",
  };
  const lines = Object.entries(options).map(([option, value]) => `${option} = ${value}`);
  return ["[mysqld]", ...lines, ""].join("\n");
}

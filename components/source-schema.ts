import * as path from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../images/hash";
import { splitAddress } from "./connection";
import { MySql } from "./mysql";
import { MySqlUser } from "./mysql-user";
import { projectFolder } from "./stack";

export interface SourceSchemaArgs {
  server: MySql;
}

const migrationsFolder = path.join(projectFolder, "sql", "mysql");

/** The source's tables: the migrations of `sql/mysql/`, run by a user of their own before anybody reads or writes. */
export class SourceSchema extends pulumi.ComponentResource {
  constructor(name: string, args: SourceSchemaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:SourceSchema", name, {}, opts);
    const { server } = args;

    const migrations = new MySqlUser(
      "migrations",
      {
        server,
        grants: [
          {
            privileges: [
              "ALTER",
              "CREATE",
              "DELETE",
              "DROP",
              "EVENT",
              "INDEX",
              "INSERT",
              "REFERENCES",
              "SELECT",
              "UPDATE",
            ],
          },
        ],
      },
      { parent: this },
    );
    const address = server.connection.external.apply(splitAddress);
    new command.local.Command(
      name,
      {
        dir: projectFolder,
        create: pulumi.interpolate`node --import tsx tools/migrate.ts --host ${address.host} --port ${address.port} --user ${migrations.user} --password-file '${migrations.password.path}' --database ${server.database}`,
        // New migrations, or a new server that may have none.
        triggers: [contentHash(migrationsFolder), server.container.id],
      },
      { parent: this, deletedWith: server.container, deleteBeforeReplace: true },
    );

    this.registerOutputs();
  }
}

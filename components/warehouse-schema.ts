import * as path from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../images/hash";
import { ClickHouse } from "./clickhouse";
import { projectFolder } from "./stack";

export interface WarehouseSchemaArgs {
  server: ClickHouse;
}

const schemaFolder = path.join(projectFolder, "sql", "clickhouse");

/** The warehouse's tables and views: `sql/clickhouse/`, each file made to be run again. */
export class WarehouseSchema extends pulumi.ComponentResource {
  constructor(name: string, args: WarehouseSchemaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:WarehouseSchema", name, {}, opts);
    const { server } = args;
    const schema = server.credentials("schema");

    new command.local.Command(
      name,
      {
        dir: projectFolder,
        create: pulumi.interpolate`node --import tsx tools/warehouse-schema.ts --url ${server.urls.external} --user ${schema.user} --password-file '${schema.password.path}' --database ${server.database}`,
        triggers: [contentHash(schemaFolder), server.container.id],
      },
      { parent: this, deletedWith: server.container, deleteBeforeReplace: true },
    );

    this.registerOutputs();
  }
}

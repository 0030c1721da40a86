import * as mysql from "@pulumi/mysql";
import * as pulumi from "@pulumi/pulumi";
import { MySql } from "./mysql";
import { Secret } from "./secret";
import { secretsFolderOf } from "./stack";

/** What a user may do, on one database or, with `*`, on the server. */
export interface MySqlGrant {
  /** @default the stack's database */
  readonly on?: "*";
  readonly privileges: readonly string[];
}

export interface MySqlUserArgs {
  server: MySql;
  grants: readonly MySqlGrant[];
}

/** Who a client is: its user name, and the file with its password. */
export interface Credentials {
  readonly user: pulumi.Output<string>;
  readonly password: Secret;
}

/**
 * A user of the source with a generated password and no right beyond its grants.
 *
 * @example new MySqlUser("capture", { server, grants: [{ privileges: ["SELECT"] }] })
 */
export class MySqlUser extends pulumi.ComponentResource implements Credentials {
  /** Known when the grants are there, so that nobody logs in too early. */
  readonly user: pulumi.Output<string>;
  readonly password: Secret;

  constructor(name: string, args: MySqlUserArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:MySqlUser", name, {}, opts);
    const { server } = args;

    this.password = new Secret(
      `mysql-${name}-password`,
      { directory: secretsFolderOf(server.network.stack) },
      { parent: this },
    );
    const inServer: pulumi.CustomResourceOptions = {
      parent: this,
      provider: server.provider,
      deletedWith: server.container,
      deleteBeforeReplace: true,
    };
    const user = new mysql.User(
      name,
      { user: name, host: "%", plaintextPassword: this.password.value },
      inServer,
    );
    const grants = args.grants.map(
      ({ on, privileges }) =>
        new mysql.Grant(
          on ? `${name}-server` : `${name}-database`,
          {
            user: user.user,
            host: "%",
            database: on ?? server.database,
            table: "*",
            privileges: [...privileges].sort(),
          },
          inServer,
        ),
    );

    this.user = pulumi.all([user.user, ...grants.map((grant) => grant.id)]).apply(([userName]) => userName!);
    this.registerOutputs({ user: this.user });
  }
}

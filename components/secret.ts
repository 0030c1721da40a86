import { basename, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { createSecret, deleteSecret, diffSecret, readSecret, updateSecret } from "./secret/lifecycle";
import type { SecretRecord, SecretSpec } from "./secret/lifecycle";

export interface SecretArgs {
  /** Folder of the file on this machine; made with mode 0700. */
  directory: pulumi.Input<string>;
}

export interface SecretFileArgs extends SecretArgs {
  /** What the file holds. Taken as a secret even if it is not marked as one. */
  content: pulumi.Input<string>;
}

/** Pulumi stores this object's code in the state and runs that on refresh and destroy: it stays thin and holds no value. */
const provider: pulumi.dynamic.ResourceProvider = {
  diff: (_id: string, olds: SecretRecord, news: SecretSpec) => Promise.resolve(diffSecret(olds, news)),

  async create(news: SecretSpec) {
    return { id: basename(news.path), outs: await createSecret(news) };
  },

  async read(id: string, props: SecretRecord) {
    return { id, props: await readSecret(props) };
  },

  async update(_id: string, olds: SecretRecord, news: SecretSpec) {
    return { outs: await updateSecret(olds, news) };
  },

  async delete(_id: string, props: SecretRecord) {
    await deleteSecret(props);
  },
};

/** A file with a secret in it. */
abstract class StoredSecret extends pulumi.dynamic.Resource {
  /** Name of the resource and of the file. */
  readonly name: string;
  /** What the file holds; always a secret. */
  declare readonly value: pulumi.Output<string>;
  /** Absolute path of the file: mode 0444 in a folder of mode 0700. */
  declare readonly path: pulumi.Output<string>;

  protected constructor(
    type: string,
    name: string,
    directory: pulumi.Input<string>,
    value: pulumi.Output<string> | undefined,
    opts: pulumi.CustomResourceOptions = {},
  ) {
    // An input, so that previews know it: who mounts a file must not look changed because it is to be written again.
    const path = pulumi.output(directory).apply((folder) => join(resolve(folder), name));
    // The old file goes before a replacement comes, else deleting the old one would remove the new one's file.
    const defaults = { additionalSecretOutputs: ["value"], deleteBeforeReplace: true };
    super(provider, name, { path, value }, pulumi.mergeOptions(defaults, opts), "tributary", type);
    this.name = name;
  }
}

/**
 * A generated password: 32 letters and digits, made once and kept in the stack's encrypted state. Containers get it as a
 * file named after the resource. A file that was lost or changed is written again from the state by the next `up` after a
 * refresh; the password never changes by itself.
 *
 * @example const password = new Secret("mysql-root-password", { directory: ".tributary/secrets/local" });
 */
export class Secret extends StoredSecret {
  constructor(name: string, { directory }: SecretArgs, opts?: pulumi.CustomResourceOptions) {
    super("Secret", name, directory, undefined, opts);
  }
}

/**
 * A file that holds secrets among other text, such as a server's list of users. Written in place when its content
 * changes, so containers that have mounted it see the new one.
 *
 * @example
 * new SecretFile("clickhouse-client.xml", {
 *   directory: ".tributary/secrets/local",
 *   content: pulumi.interpolate`<config><password>${password.value}</password></config>`,
 * });
 */
export class SecretFile extends StoredSecret {
  constructor(name: string, { directory, content }: SecretFileArgs, opts?: pulumi.CustomResourceOptions) {
    super("SecretFile", name, directory, pulumi.secret(content), opts);
  }
}

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
    return { id: news.file, outs: await createSecret(news) };
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

/**
 * A generated password: 32 letters and digits, made once and kept in the stack's encrypted state. Containers get it as a
 * file named after the resource. A file that was lost or changed is written again from the state by the next `up` after a
 * refresh; the password never changes by itself.
 *
 * @example const password = new Secret("mysql-root-password", { directory: ".tributary/secrets/local" });
 */
export class Secret extends pulumi.dynamic.Resource {
  /** Name of the resource and of the file. */
  readonly name: string;
  /** The password; always a secret. */
  declare readonly value: pulumi.Output<string>;
  /** Absolute path of the file: mode 0444 in a folder of mode 0700. */
  declare readonly path: pulumi.Output<string>;

  constructor(name: string, args: SecretArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { ...args, file: name, ...outputs },
      withSecretOutputs(opts),
      "tributary",
      "Secret",
    );
    this.name = name;
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
export class SecretFile extends pulumi.dynamic.Resource {
  /** Name of the resource and of the file. */
  readonly name: string;
  /** The content; always a secret. */
  declare readonly value: pulumi.Output<string>;
  /** Absolute path of the file: mode 0444 in a folder of mode 0700. */
  declare readonly path: pulumi.Output<string>;

  constructor(name: string, args: SecretFileArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = { directory: args.directory, content: pulumi.secret(args.content), file: name };
    super(provider, name, { ...inputs, ...outputs }, withSecretOutputs(opts), "tributary", "SecretFile");
    this.name = name;
  }
}

const outputs = { value: undefined, path: undefined };

/** The old file goes before a replacement comes, else deleting the old one would remove the new one's file. */
function withSecretOutputs(opts: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(
    { additionalSecretOutputs: ["value", "content"], deleteBeforeReplace: true },
    opts,
  );
}

import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { homeLabel, nameIn, projectFolder, Stack, stackLabel } from "./stack";

export interface StackNetworkArgs {
  /** The stack that the network belongs to. */
  stack: Stack;
}

/**
 * The network that a stack's containers talk on. Each server is known there by its plain name (`kafka`, `mysql`),
 * whatever the stack's prefix, so that addresses inside are the same in every stack.
 */
export class StackNetwork extends pulumi.ComponentResource {
  readonly stack: Stack;
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: StackNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:StackNetwork", name, {}, opts);
    this.stack = args.stack;

    const network = new docker.Network(
      name,
      { name: nameIn(args.stack, "tributary"), driver: "bridge", labels: stackLabels(args.stack) },
      { parent: this, deleteBeforeReplace: true },
    );

    this.id = network.id;
    this.registerOutputs({ id: this.id });
  }
}

/** What marks a container, network or volume as this stack's. */
export function stackLabels(stack: Stack): { label: string; value: string }[] {
  return [
    { label: homeLabel, value: projectFolder },
    { label: stackLabel, value: stack.name },
  ];
}

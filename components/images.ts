import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageReference, ImageSource, recordedImageSource } from "../images/reference";

export interface StackImagesArgs {
  /** Where images come from; `auto` is what `make images` found to work on this machine. */
  source: ImageSource | "auto";
}

/** The images of the stack's servers, by ID: another content is another ID, whatever its tag. */
export class StackImages extends pulumi.ComponentResource {
  readonly mysql: pulumi.Output<string>;
  readonly kafka: pulumi.Output<string>;
  readonly flink: pulumi.Output<string>;
  readonly clickhouse: pulumi.Output<string>;
  readonly nginx: pulumi.Output<string>;
  readonly platformApi: pulumi.Output<string>;

  constructor(name: string, args: StackImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tributary:index:StackImages", name, {}, opts);
    const source = resolveImageSource(args.source);
    // Other stacks use the same images, so destroying one stack deletes none.
    const idOf = (image: Parameters<typeof imageReference>[0]) =>
      new docker.RemoteImage(
        image,
        { name: imageReference(image, source), keepLocally: true },
        { parent: this, deleteBeforeReplace: true },
      ).imageId;

    this.mysql = idOf("mysql");
    this.kafka = idOf("kafka");
    this.flink = idOf("flink");
    this.clickhouse = idOf("clickhouse");
    this.nginx = idOf("nginx");
    this.platformApi = idOf("platform-api");
    this.registerOutputs();
  }
}

/** @throws Error saying what to run, if the source is `auto` and nobody has tried yet */
export function resolveImageSource(source: ImageSource | "auto"): ImageSource {
  if (source !== "auto") return source;
  const recorded = recordedImageSource();
  if (!recorded)
    throw new Error("no images yet: run `make images`, which also finds out where they can come from");
  return recorded;
}

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { BuilderTool, catalog, ImageName, officialBuilders, ServerImage, serverImages } from "./catalog";
import { combinedHash, contentHash } from "./hash";

/** Where images come from: official ones from a registry, or our own built from packages. */
export type ImageSource = "registry" | "packages";

/** The images that a stack runs. */
export const imageNames: readonly ServerImage[] = serverImages;

const checkout = path.resolve(__dirname, "..");
const sourceRecord = path.join(checkout, ".tributary", "image-source");

/** The folder that an image is built from. */
export function imageFolder(name: ImageName): string {
  return path.join(checkout, "images", name);
}

/** Whether the image is built here, rather than pulled as it is. */
export function isBuilt(name: ImageName, source: ImageSource): boolean {
  const { official, extendsOfficial } = catalog[name];
  return source === "packages" || !official || extendsOfficial === true;
}

/** What the image is built on: a reference, or undefined if it is made from nothing. */
export function baseReference(name: ImageName, source: ImageSource): string | undefined {
  const { official, base } = catalog[name];
  if (source === "registry" && official) return official;
  return base && imageReference(base, source);
}

/**
 * The image's reference. One that is built here is named by the hash of all that goes into it, so that a changed
 * recipe is another image, and the same recipe is never built twice.
 */
export function imageReference(name: ImageName, source: ImageSource): string {
  const { official, sources = [] } = catalog[name];
  if (!isBuilt(name, source)) return official!;
  const hash = combinedHash(
    baseReference(name, source) ?? "",
    contentHash(imageFolder(name)),
    ...sources.map((file) => contentHash(path.join(checkout, file))),
  );
  return `tributary/${name}:${hash}`;
}

/** The image whose containers can build with the tool. */
export function builderReference(tool: BuilderTool, source: ImageSource): string {
  return source === "registry" ? officialBuilders[tool] : imageReference("builder", source);
}

/** What `make images` found to work on this machine, if it ran. */
export function recordedImageSource(): ImageSource | undefined {
  if (!fs.existsSync(sourceRecord)) return undefined;
  return fs.readFileSync(sourceRecord, "utf8").trim() as ImageSource;
}

/** Remembers where images can come from, for settings that say `auto`. */
export function recordImageSource(source: ImageSource): void {
  fs.mkdirSync(path.dirname(sourceRecord), { recursive: true, mode: 0o700 });
  fs.writeFileSync(sourceRecord, `${source}\n`);
}

/**
 * @returns those of the images that this machine's Docker does not have
 * @throws Error if Docker cannot be asked
 */
export function missingImages(references: readonly string[]): string[] {
  return references.filter((reference) => {
    const { status, error, stderr } = spawnSync(
      "docker",
      ["image", "inspect", "--format", "{{.Id}}", reference],
      {
        encoding: "utf8",
      },
    );
    if (error)
      throw new Error(`docker cannot be run (${error.message}): \`make doctor\` says what is missing`);
    if (status !== 0 && !/no such image/i.test(stderr)) {
      throw new Error(`docker does not answer (${stderr.trim()}): \`make doctor\` says what is missing`);
    }
    return status !== 0;
  });
}

import { availableParallelism } from "node:os";
import path from "node:path";
import {
  imageNames,
  imageReference,
  missingImages,
  recordedImageSource,
  type ImageSource,
} from "../../images/reference";
import { imageSteps, resolveImageSource } from "./images";
import { buildJobs } from "./jobs";
import { projectFolder } from "./project";
import type { Progress, Step } from "./steps";

/** What a stack needs on this machine before it can be deployed. */
export interface Preparation {
  /** Toolchain, images and jobs; they start at once, side by side as far as one is not made with another. */
  readonly steps: readonly Step[];
  /** The names of those that a deployment waits for. */
  readonly names: readonly string[];
  /** The name of the one that makes the builders' image, if they are made here. */
  readonly builder: readonly string[];
}

/** At most this many at a time: each of them can keep a core busy and fill a gigabyte. */
export const stepsAtOnce = Math.max(3, availableParallelism());

/**
 * The steps that get or build all that a stack consists of. Docker must be running.
 *
 * @param images the stack's setting
 */
export async function prepare(images: ImageSource | "auto"): Promise<Preparation> {
  const source = await settleSource(images);
  const forImages = imageSteps(source);
  // Where images come from the registry, so do the builders, and this is -1.
  const builder = forImages.findIndex(({ name }) => name === "image builder");
  const after = builder < 0 ? [] : ["image builder"];
  const steps: Step[] = [
    ...forImages.slice(0, builder + 1),
    { name: "toolchain", after, run: getToolchain },
    { name: "jobs", after, run: makeJobs },
    ...forImages.slice(builder + 1),
  ];
  return { steps, names: steps.map(({ name }) => name), builder: after };
}

/** Keeps to where the images came from before, as long as they are all there: asking again could change them all. */
async function settleSource(setting: ImageSource | "auto"): Promise<ImageSource> {
  const recorded = recordedImageSource();
  if (setting === "auto" && recorded) {
    const missing = missingImages(imageNames.map((name) => imageReference(name, recorded)));
    if (missing.length === 0) return recorded;
  }
  return resolveImageSource(setting);
}

/** In a process of its own, which an interrupt ends at once. */
async function getToolchain(progress: Progress): Promise<string> {
  let last = "";
  await progress.command(
    process.execPath,
    ["--import", "tsx", path.join(projectFolder, "tools", "toolchain.ts")],
    {
      onLine: (line) => (last = line.trim() || last),
    },
  );
  return last;
}

async function makeJobs(progress: Progress): Promise<string> {
  const { cached } = await buildJobs({
    log: `${progress.log}.maven`,
    onLine: progress.update,
    signal: progress.signal,
  });
  return cached ? "there" : "built";
}

import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { catalog, type ImageName } from "../../images/catalog";
import {
  baseReference,
  imageFolder,
  imageNames,
  imageReference,
  type ImageSource,
  isBuilt,
  missingImages,
  recordImageSource,
} from "../../images/reference";
import { runInBuilder } from "./builder";
import { logsFolder, projectFolder } from "./project";
import type { Progress, Step } from "./steps";

/** How long the registry may take to answer before images are built from packages. Milliseconds. */
const registryPatience = 8_000;

/**
 * Where images can come from on this machine: the registry, if it knows one of our images within a few seconds.
 * The answer is remembered for settings that say `auto`.
 */
export async function resolveImageSource(setting: ImageSource | "auto"): Promise<ImageSource> {
  const source = setting === "auto" ? await askRegistry() : setting;
  recordImageSource(source);
  return source;
}

async function askRegistry(): Promise<ImageSource> {
  const image = catalog.nginx.official!;
  if (missingImages([image]).length === 0) return "registry";
  const { exitCode } = await execa("docker", ["manifest", "inspect", image], {
    timeout: registryPatience,
    reject: false,
    stdio: "ignore",
  });
  return exitCode === 0 ? "registry" : "packages";
}

/** The images that have to be there for these: what they are built on and with. Each after those it needs. */
export function withPrerequisites(names: readonly ImageName[], source: ImageSource): ImageName[] {
  const ordered = new Set<ImageName>();
  const add = (name: ImageName) => {
    for (const needed of prerequisitesOf(name, source)) add(needed);
    ordered.add(name);
  };
  names.forEach(add);
  return [...ordered];
}

/** The images of ours that this one is built on or with. */
export function prerequisitesOf(name: ImageName, source: ImageSource): ImageName[] {
  if (source === "registry") return [];
  const { base, prepareWith } = catalog[name];
  return [...(base ? [base] : []), ...(prepareWith ? (["builder"] as const) : [])];
}

/** What a stack runs, and the builder that its jobs are built in: first, because the most waits for it. */
const allWanted: readonly ImageName[] = ["builder", ...imageNames];

/**
 * The steps that bring the images to this machine, each after those it is built on or with.
 *
 * @param names @default all that a stack needs
 */
export function imageSteps(source: ImageSource, names: readonly ImageName[] = allWanted): Step[] {
  return withPrerequisites(names, source)
    .filter((name) => source === "packages" || catalog[name].official)
    .map((name) => ({
      name: `image ${name}`,
      after: prerequisitesOf(name, source).map((needed) => `image ${needed}`),
      run: (progress) => provideImage(name, source, progress),
    }));
}

/** Builds or pulls one image, unless it is there. */
export async function provideImage(
  name: ImageName,
  source: ImageSource,
  progress: Progress,
): Promise<string | undefined> {
  const reference = imageReference(name, source);
  if (missingImages([reference]).length === 0) return "there";
  if (!isBuilt(name, source)) {
    await progress.command("docker", ["pull", "--quiet", reference]);
    return "pulled";
  }
  await buildImage(name, source, reference, progress);
  return "built";
}

async function buildImage(name: ImageName, source: ImageSource, reference: string, progress: Progress) {
  const folder = imageFolder(name);
  const fromNothing = path.join(folder, "build.sh");
  if (existsSync(fromNothing)) {
    await progress.command(fromNothing, [reference]);
    return;
  }
  const context = path.join(projectFolder, "build", "images", name);
  rmSync(context, { recursive: true, force: true });
  cpSync(folder, context, { recursive: true });
  await makeArtifacts(name, source, context, progress);

  const base = baseReference(name, source)!;
  if (source === "registry") await progress.command("docker", ["pull", "--quiet", base]);
  const dockerfile = source === "registry" ? "Dockerfile.official" : "Dockerfile";
  await progress.command(
    "docker",
    [
      ...["build", "--tag", reference, "--file", path.join(context, dockerfile)],
      ...["--build-arg", `BASE=${base}`, context],
    ],
    { env: await buildEnvironment() },
  );
  rmSync(context, { recursive: true, force: true });
}

/** What the image takes in that is not in its folder: downloads, compiled programs. They go to `artifacts/`. */
async function makeArtifacts(name: ImageName, source: ImageSource, context: string, progress: Progress) {
  const artifacts = path.join(context, "artifacts");
  mkdirSync(artifacts);
  const onHost = path.join(context, "build-context.sh");
  if (existsSync(onHost)) await progress.command(onHost, [artifacts]);

  const { prepareWith, sources = [] } = catalog[name];
  if (!prepareWith) return;
  await runInBuilder({
    tool: prepareWith,
    source,
    workdir: "/image",
    command: ["bash", "/image/prepare.sh"],
    mounts: [
      { source: imageFolder(name), target: "/image", readOnly: true },
      { source: artifacts, target: "/artifacts" },
      ...sources.map((file) => ({
        source: path.join(projectFolder, file),
        target: `/sources/${file}`,
        readOnly: true,
      })),
    ],
    caches: [
      { volume: "downloads", target: "/downloads" },
      { volume: "maven", target: "/tmp/home/.m2/repository" },
      { volume: "npm", target: "/tmp/home/.npm" },
      { volume: "go", target: "/tmp/home/go" },
    ],
    env: { IMAGE_SOURCE: source },
    log: path.join(logsFolder, `prepare-${name}.log`),
    onLine: (line) => progress.update(line),
    signal: progress.signal,
  });
}

/** Where Docker has no BuildKit front end, its classic builder does. */
async function buildEnvironment(): Promise<Record<string, string>> {
  const { exitCode } = await execa("docker", ["buildx", "version"], { reject: false, stdio: "ignore" });
  return exitCode === 0 ? {} : { DOCKER_BUILDKIT: "0" };
}

import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { jarNames } from "../../components/job-jars";
import { ports } from "../../components/stack";
import { contentHash } from "../../images/hash";
import { runInBuilder, type BuilderOptions } from "./builder";
import { logsFolder, projectFolder } from "./project";
import { ScratchClickHouse } from "./scratch-clickhouse";
import { ScratchKafka } from "./scratch-kafka";

/** Where the jobs' sources are: one Maven project. */
const sourcesFolder = path.join(projectFolder, "flink-jobs");

/** One folder per hash of the sources, kept because an update that fails goes back to the old jar; and `current`. */
const jobsFolder = path.join(projectFolder, "build", "jobs");

/** Sources in the container; a copy of them is built, so that the checkout stays as it is. */
const mountedSources = "/sources";

/** Where the container puts the jars. */
const mountedJars = "/jars";

/** What a build of the jobs did. */
export interface JobsBuild {
  /** Hash of the sources: the name of the folder below `build/jobs/`. */
  readonly hash: string;
  /** Whether the jars were there already. */
  readonly cached: boolean;
}

/** What a build shows and when it stops. */
export interface JobsOptions {
  /** File for Maven's output. @default `jobs.log` beside the other logs */
  readonly log?: string;
  /** Called with every line of Maven's output. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Builds the two Flink jobs, unless these very sources were built before, and puts the jars where the cluster looks.
 *
 * @throws Problem with the end of Maven's output
 */
export async function buildJobs(options: JobsOptions = {}): Promise<JobsBuild> {
  const hash = contentHash(sourcesFolder);
  const folder = path.join(jobsFolder, hash);
  const cached = isComplete(folder);
  if (!cached) {
    const unfinished = `${folder}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await maven(packageCommand(), [{ source: unfinished, target: mountedJars }], options);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  }
  publish(folder, path.join(jobsFolder, "current"));
  return { hash, cached };
}

/**
 * Runs the jobs' own tests and checks, with a real ClickHouse and a real Kafka for those that need them (`*ITCase`).
 *
 * @throws Problem with the end of Maven's output
 */
export async function testJobs(options: JobsOptions = {}): Promise<void> {
  const clickhouse = await ScratchClickHouse.start();
  try {
    const kafka = await ScratchKafka.start(clickhouse.container);
    try {
      await maven(testCommand(kafka.bootstrap), [], { ...options, beside: clickhouse.container });
    } finally {
      await kafka.remove();
    }
  } finally {
    await clickhouse.remove();
  }
}

/** All tests, those that need servers among them. From the servers' own network ClickHouse asks for no password. */
function testCommand(kafkaBootstrap: string): string {
  const properties = {
    "surefire.includes": "**/*Test.java,**/*ITCase.java",
    "it.clickhouse.url": `http://localhost:${ports.clickhouse}`,
    "it.clickhouse.user": "default",
    "it.clickhouse.password-file": "/dev/null",
    "it.kafka.bootstrap": kafkaBootstrap,
  };
  const defined = Object.entries(properties).map(([name, value]) => `'-D${name}=${value}'`);
  return `mvn --batch-mode --no-transfer-progress verify ${defined.join(" ")}`;
}

/** Packages all modules and takes the jobs' jars out. Tests have a command of their own. */
function packageCommand(): string {
  const jars = Object.values(jarNames).map((jar) => `*/target/${jar}`);
  return `mvn --batch-mode --no-transfer-progress package -DskipTests -Dspotless.check.skip && cp ${jars.join(" ")} ${mountedJars}/`;
}

async function maven(
  command: string,
  mounts: readonly { source: string; target: string }[],
  options: JobsOptions & Pick<BuilderOptions, "beside">,
): Promise<void> {
  const copied = `cp -r ${mountedSources} /tmp/flink-jobs && cd /tmp/flink-jobs && rm -rf target */target`;
  await runInBuilder({
    tool: "java",
    command: ["bash", "-euc", `${copied} && ${command}`],
    workdir: "/tmp",
    mounts: [{ source: sourcesFolder, target: mountedSources, readOnly: true }, ...mounts],
    caches: [{ volume: "maven", target: "/tmp/maven" }],
    env: { MAVEN_OPTS: "-Dmaven.repo.local=/tmp/maven" },
    ...(options.beside && { beside: options.beside }),
    log: options.log ?? path.join(logsFolder, "jobs.log"),
    ...(options.onLine && { onLine: options.onLine }),
    ...(options.signal && { signal: options.signal }),
  });
}

/** Whether a folder holds the jars of both jobs. */
export function isComplete(folder: string): boolean {
  return Object.values(jarNames).every((jar) => existsSync(path.join(folder, jar)));
}

/**
 * Copies the jars into the folder that containers mount. The folder itself stays the same, or they would go on seeing
 * the old one; each jar is replaced in one step.
 *
 * @param build folder with a complete build
 * @param current the mounted folder; made if it is not there
 */
export function publish(build: string, current: string): void {
  mkdirSync(current, { recursive: true });
  for (const jar of Object.values(jarNames)) {
    const unfinished = path.join(current, `.${jar}.new`);
    copyFileSync(path.join(build, jar), unfinished);
    renameSync(unfinished, path.join(current, jar));
  }
}

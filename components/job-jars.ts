import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectFolder } from "./stack";

/** A built job. */
export interface JobJar {
  /** Where it lies on the host. Builds are kept by content, so a job can go back to its old jar. */
  readonly path: string;
  /** SHA-256 of the jar: another one is another job, wherever it lies. */
  readonly hash: string;
}

const jobsFolder = path.join(projectFolder, "build", "jobs");

/** Where `make jobs` puts the jars it built last; mounted into the JobManager. */
export const currentJobsFolder = path.join(jobsFolder, "current");

/** The jars' names, as people know them. */
export const jarNames = { capture: "mysql-cdc-job.jar", sync: "kafka-clickhouse-sync-job.jar" } as const;

/** @throws Error naming the file and the command that makes it, if the jar is not built */
export function jobJar(job: keyof typeof jarNames): JobJar {
  const current = path.join(currentJobsFolder, jarNames[job]);
  if (!fs.existsSync(current)) throw new Error(`${current} is missing: run \`make jobs\``);
  const hash = hashOf(current);
  const kept = fs
    .readdirSync(jobsFolder)
    .map((build) => path.join(jobsFolder, build, jarNames[job]))
    .find((jar) => jar !== current && fs.existsSync(jar) && hashOf(jar) === hash);
  return { path: kept ?? current, hash };
}

function hashOf(file: string): string {
  return crypto.createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

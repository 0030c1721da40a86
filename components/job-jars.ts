import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectFolder } from "./stack";

/** A built job. */
export interface JobJar {
  /** Where it lies on the host; the folder's name is the content hash of the sources. */
  readonly path: string;
  /** SHA-256 of the jar: another one is another job, wherever it lies. */
  readonly hash: string;
}

/** Where `make jobs` puts the jars it built last; mounted into the JobManager. */
export const currentJobsFolder = path.join(projectFolder, "build", "jobs", "current");

/** The jars' names, as people know them. */
export const jarNames = { capture: "mysql-cdc-job.jar", sync: "kafka-clickhouse-sync-job.jar" } as const;

/** @throws Error naming the file and the command that makes it, if the jar is not built */
export function jobJar(job: keyof typeof jarNames): JobJar {
  const jar = path.join(currentJobsFolder, jarNames[job]);
  if (!fs.existsSync(jar)) throw new Error(`${jar} is missing: run \`make jobs\``);
  return { path: jar, hash: crypto.createHash("sha256").update(fs.readFileSync(jar)).digest("hex") };
}

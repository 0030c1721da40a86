import { statSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "./project";
import type { Progress } from "./steps";

/** The platform service: a package of its own, with its own lock file. */
export const serviceFolder = path.join(projectFolder, "service");

/** Installs what the service's lock file names, unless that is there. */
export async function installService(progress: Progress): Promise<void> {
  const installed = statSync(path.join(serviceFolder, "node_modules", ".package-lock.json"), {
    throwIfNoEntry: false,
  });
  const wanted = statSync(path.join(serviceFolder, "package-lock.json"));
  if (installed && installed.mtimeMs >= wanted.mtimeMs) return;
  await progress.command("npm", ["ci", "--no-audit", "--no-fund"], { cwd: serviceFolder });
}

import { chmodSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** The root of the checkout. */
export const projectFolder = path.resolve(import.meta.dirname, "../..");

/** What the project keeps on this machine for this checkout: ignored by git, for the owner's eyes only. */
export const privateFolder = path.join(projectFolder, ".tributary");

/** One log file per step of a command; overwritten by the next run. */
export const logsFolder = path.join(privateFolder, "logs");

/** What is worth keeping across checkouts: built tools and images' ingredients. */
export const cacheFolder = path.join(
  process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"),
  "tributary",
);

/** Makes the private folder and its logs, closed to other users whatever the umask. */
export function makePrivateFolder(): void {
  mkdirSync(logsFolder, { recursive: true });
  chmodSync(privateFolder, 0o700);
}

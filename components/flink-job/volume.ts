import { execFile } from "node:child_process";
import { temporaryError } from "./failures";
import type { VolumeFile } from "./model";

/**
 * Lists the completed checkpoints and savepoints below the given folders from inside a container that mounts them: Flink
 * writes a file `_metadata` as the last act of each.
 * @throws a temporary error, with the reason, where the container or Docker does not answer or a folder cannot be read
 */
export async function listMetadataInContainer(
  container: string,
  directories: string[],
  timeoutMs: number,
): Promise<VolumeFile[]> {
  // An empty one is what a loss of power may leave of it.
  const complete = ["-maxdepth", "3", "-name", "_metadata", "-size", "+0"];
  const find = ["find", ...directories, ...complete, "-printf", "%T@ %p\\n"];
  // Its complaints are read: not in the container's language.
  const args = ["exec", "--env", "LC_ALL=C", container, ...find];
  const options = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile("docker", args, options, (error, stdout, stderr) => {
      const reason = error && whyIncomplete(error, stderr);
      if (reason) reject(temporaryError(`\`docker exec ${container} find\` failed: ${reason}`));
      else resolve(parseListing(stdout));
    });
  });
}

/**
 * What keeps a failed listing from being whole. That a folder is not there yet, or a checkpoint not any more, does not:
 * Flink deletes old ones all the time.
 */
export function whyIncomplete(
  { code, killed, message }: { code?: unknown; killed?: boolean; message: string },
  stderr: string,
): string | undefined {
  const complaints = stderr.split("\n").filter((line) => line !== "");
  const serious = complaints.filter((line) => !/^find: .*: No such file or directory$/.test(line));
  if (killed) return "no answer in time";
  if (code === 1 && complaints.length > 0 && serious.length === 0) return undefined;
  return serious.join("; ") || message;
}

/** Lines of `<seconds> <path>`, as `find -printf '%T@ %p\n'` writes them. */
export function parseListing(listing: string): VolumeFile[] {
  return listing
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const space = line.indexOf(" ");
      return { modifiedAt: Number(line.slice(0, space)) * 1000, path: line.slice(space + 1) };
    });
}

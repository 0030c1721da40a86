import { execFile } from "node:child_process";
import type { VolumeFile } from "./model";

/** `$@` are the folders. A folder that does not exist is empty; only a failing `docker exec` is an error. */
const script = `find "$@" -maxdepth 3 -name _metadata -printf '%T@ %p\\n' 2>/dev/null; true`;

/**
 * Lists the completed checkpoints and savepoints below the given folders from inside a container that mounts them: Flink
 * writes a file `_metadata` as the last act of each.
 * @returns undefined where the container or Docker does not answer
 */
export async function listMetadataInContainer(
  container: string,
  directories: string[],
  timeoutMs: number,
): Promise<VolumeFile[] | undefined> {
  return new Promise((resolve) => {
    execFile(
      "docker",
      ["exec", container, "bash", "-c", script, "find", ...directories],
      { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => resolve(error ? undefined : parseListing(stdout)),
    );
  });
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

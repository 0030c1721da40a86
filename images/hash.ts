import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** Folders that builds leave behind: they are not content. */
const ignored = new Set(["node_modules", "target", "dist", "build"]);

/**
 * The hash of a file or folder: names, contents and executable bits of all files, in a fixed order. The same content
 * gives the same hash in every checkout.
 *
 * @param root a file or folder; folders that builds leave behind are passed over
 * @returns 16 hexadecimal digits
 */
export function contentHash(root: string): string {
  const hash = crypto.createHash("sha256");
  for (const file of filesOf(root)) {
    const executable = (fs.statSync(file).mode & 0o100) !== 0;
    hash.update(`${path.relative(root, file)}\0${executable}\0`);
    hash.update(fs.readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/** One hash from several, whose order matters. */
export function combinedHash(...parts: readonly string[]): string {
  return crypto.createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}

/** Every file below `root`, sorted by path; `root` itself if it is a file. */
export function filesOf(root: string): string[] {
  if (fs.statSync(root).isFile()) return [root];
  return fs
    .readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !ignored.has(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap(({ name }) => filesOf(path.join(root, name)));
}

import { randomInt } from "node:crypto";
import { chmod, mkdir, open, readFile, rmdir, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const passwordLength = 32;

/** The folder is closed to everybody else, so the file may be open: containers read it under users of their own. */
const folderMode = 0o700;
const fileMode = 0o444;

/** A random password of letters and digits only, so that no server's syntax can stumble over it: 190 bits. */
export function generatePassword(): string {
  return Array.from({ length: passwordLength }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/**
 * Writes a secret file, whatever the umask.
 *
 * An existing file is written in place: a container that has mounted it keeps looking at the same inode.
 * A folder in its place is what Docker leaves behind when it mounts a file that is gone; an empty one is cleared away.
 */
export async function writeSecret(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: folderMode });
  await chmod(dirname(path), folderMode);
  if (await isFolder(path)) await rmdir(path);
  await chmod(path, 0o600).catch(ignore("ENOENT"));
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.chmod(fileMode);
  } finally {
    await file.close();
  }
}

/** What is wrong with a secret file, in words without its content; undefined if all is as it was written. */
export async function driftOfSecret(path: string, content: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    const folder = await stat(dirname(path));
    if ((await readFile(path, "utf8")) !== content) return `${path} was changed`;
    if ((mode & 0o777) !== fileMode) return `${path} has other permissions`;
    if ((folder.mode & 0o777) !== folderMode) return `${dirname(path)} has other permissions`;
    return undefined;
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** Removes a secret file, and its folder if nothing else is in it. */
export async function removeSecret(path: string): Promise<void> {
  if (await isFolder(path)) await rmdir(path);
  else await unlink(path).catch(ignore("ENOENT"));
  await rmdir(dirname(path)).catch(ignore("ENOENT", "ENOTEMPTY"));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  };
}

import { join, resolve } from "node:path";
import { driftOfSecret, generatePassword, removeSecret, writeSecret } from "./file";

/** Resolved arguments. */
export interface SecretSpec {
  directory: string;
  file: string;
  /** What the file shall hold; absent where a password is to be generated. */
  content?: string;
}

/** Outputs, as they stand in Pulumi's (encrypted) state. */
export interface SecretRecord extends SecretSpec {
  value: string;
  path: string;
  /** Why the next update has a file to write again; absent if all is well. */
  drift?: string;
}

export async function createSecret(spec: SecretSpec): Promise<SecretRecord> {
  return written(spec, spec.content ?? generatePassword());
}

/** Looks at the file. Its content never replaces what the state holds: a password does not change behind a server's back. */
export async function readSecret(record: SecretRecord): Promise<SecretRecord> {
  const healthy = { ...record };
  delete healthy.drift;
  const drift = await driftOfSecret(record.path, record.value);
  return { ...healthy, ...(drift && { drift }) };
}

/** Anything but the content can change without a new password: even the folder, say when the project has moved. */
export async function updateSecret(record: SecretRecord, spec: SecretSpec): Promise<SecretRecord> {
  const updated = await written(spec, spec.content ?? record.value);
  if (updated.path !== record.path) await removeSecret(record.path);
  return updated;
}

export async function deleteSecret(record: SecretRecord): Promise<void> {
  await removeSecret(record.path);
}

export function diffSecret(record: SecretRecord, spec: SecretSpec): { changes: boolean } {
  const isSame = (key: keyof SecretSpec) => record[key] === spec[key];
  return {
    changes: record.drift !== undefined || !isSame("directory") || !isSame("file") || !isSame("content"),
  };
}

async function written(spec: SecretSpec, value: string): Promise<SecretRecord> {
  const path = join(resolve(spec.directory), spec.file);
  await writeSecret(path, value);
  return { ...spec, value, path };
}

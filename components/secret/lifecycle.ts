import { driftOfSecret, generatePassword, removeSecret, writeSecret } from "./file";

/** Resolved arguments. */
export interface SecretSpec {
  /** Absolute path of the file. */
  path: string;
  /** What the file shall hold; absent where a password is to be generated. */
  value?: string;
}

/** Outputs, as they stand in Pulumi's (encrypted) state. */
export interface SecretRecord extends SecretSpec {
  value: string;
  /** Why the next update has a file to write again; absent if all is well. */
  drift?: string;
}

export async function createSecret(spec: SecretSpec): Promise<SecretRecord> {
  return written(spec.path, spec.value ?? generatePassword());
}

/** Looks at the file. Its content never replaces what the state holds: a password does not change behind a server's back. */
export async function readSecret(record: SecretRecord): Promise<SecretRecord> {
  const healthy = { ...record };
  delete healthy.drift;
  const drift = await driftOfSecret(record.path, record.value);
  return { ...healthy, ...(drift && { drift }) };
}

/** Even the path can change without a new password, say when the project has moved. */
export async function updateSecret(record: SecretRecord, spec: SecretSpec): Promise<SecretRecord> {
  const updated = await written(spec.path, spec.value ?? record.value);
  if (updated.path !== record.path) await removeSecret(record.path);
  return updated;
}

export async function deleteSecret(record: SecretRecord): Promise<void> {
  await removeSecret(record.path);
}

export function diffSecret(record: SecretRecord, spec: SecretSpec): { changes: boolean } {
  const isOther = spec.path !== record.path || (spec.value !== undefined && spec.value !== record.value);
  return { changes: isOther || record.drift !== undefined };
}

async function written(path: string, value: string): Promise<SecretRecord> {
  await writeSecret(path, value);
  return { path, value };
}

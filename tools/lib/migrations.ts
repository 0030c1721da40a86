import { access, readdir } from "node:fs/promises";
import path from "node:path";
import type { Connection, RowDataPacket } from "mysql2/promise";
import { createConnection } from "mysql2/promise";
import Postgrator from "postgrator";
import { Problem, messageOf } from "./problem";
import { waitUntil } from "./wait";

/** Where to migrate, and as whom. */
export interface MigrationTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface MigrationOptions {
  /** How long to wait for the server to answer; milliseconds. */
  readonly patience: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Is told of each file right after it was applied. */
  readonly onApplied: (file: string) => void;
}

/** Holds one run off while another is under way; seconds. */
const lockTimeout = 30;

/** One try to reach the server; milliseconds. */
const connectTimeout = 5_000;

/** What a server that is still starting answers, or what answers in its place. */
const notYet = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "PROTOCOL_CONNECTION_LOST",
  "ER_SERVER_SHUTDOWN",
]);

/**
 * Brings a database to the newest version that a folder of migrations knows; does nothing if it is there already.
 *
 * @param folder holds `<number>.do.<what>.sql`, numbered from 1 without gaps, one statement each
 * @returns the version the database has now
 * @throws Problem naming the file that failed or was edited after it had been applied, or the server if it did not answer
 */
export async function migrate(
  target: MigrationTarget,
  folder: string,
  options: MigrationOptions,
): Promise<number> {
  const newest = newestVersion(await migrationFiles(folder));
  const connection = await connect(target, options);
  try {
    await takeLock(connection, target);
    let current = "the table of applied migrations";
    const postgrator = new Postgrator({
      driver: "mysql",
      database: target.database,
      migrationPattern: path.join(folder, "*.sql"),
      newline: "LF",
      execQuery: async (sql) => ({ rows: (await connection.query<RowDataPacket[]>(sql))[0] }),
    });
    const remember = ({ filename }: Postgrator.Migration) =>
      (current = path.relative(process.cwd(), filename));
    postgrator.on("validation-started", remember);
    postgrator.on("migration-started", remember);
    postgrator.on("migration-finished", ({ filename }) => options.onApplied(path.basename(filename)));
    try {
      await refuseNewerDatabase(postgrator, newest);
      await postgrator.migrate();
    } catch (error) {
      throw error instanceof Problem ? error : explainFailure(current, target, error);
    }
    return newest;
  } finally {
    // Ends the session, and with it the lock.
    await connection.end().catch(() => connection.destroy());
  }
}

/** The names of a folder's migrations, in the order in which they run. */
export async function migrationFiles(folder: string): Promise<string[]> {
  await access(folder).catch(() => {
    throw new Problem(`There is no folder ${folder}.`, "Run from a complete checkout.");
  });
  return (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
}

/**
 * @param files names in order
 * @returns the number of the last one
 * @throws Problem if a name is malformed, or a number is missing or double: such a file would never run
 */
export function newestVersion(files: readonly string[]): number {
  files.forEach((file, index) => {
    const version = /^(\d{3})\.do\.[a-z0-9-]+\.sql$/.exec(file)?.[1];
    if (Number(version) !== index + 1) {
      const expected = String(index + 1).padStart(3, "0");
      throw new Problem(
        `The migration ${file} is out of order: number ${expected} was expected here.`,
        `Name migrations ${expected}.do.<what>.sql, numbered without gaps.`,
      );
    }
  });
  return files.length;
}

/** What went wrong, in which file, and what to do about it. */
export function explainFailure(
  file: string,
  { host, port, database }: MigrationTarget,
  error: unknown,
): Problem {
  const where = `database ${database} on ${host}:${port}`;
  if (/MD5 checksum failed/.test(messageOf(error))) {
    return new Problem(
      `${file} was changed after it had been applied to ${where}.`,
      "Restore the file, and write the change as a new migration.",
      { cause: error },
    );
  }
  return new Problem(
    `${file} failed on ${where}: ${messageOf(error)}`,
    "Files before it are applied and stay. Put this one right and run again.",
    { cause: error },
  );
}

async function connect(target: MigrationTarget, { patience, signal }: MigrationOptions): Promise<Connection> {
  const where = `MySQL at ${target.host}:${target.port}`;
  let connection: Connection | undefined;
  await waitUntil(where, patience, signal, async () => {
    try {
      connection = await createConnection({ ...target, connectTimeout, timezone: "Z" });
      return undefined;
    } catch (error) {
      if (isNotYet(error)) return messageOf(error);
      throw new Problem(
        `${where} refuses user ${target.user}: ${messageOf(error)}`,
        "Check the user, its password file and its grants.",
        { cause: error },
      );
    }
  }).catch((error: unknown) => {
    if (error instanceof Problem) throw error;
    throw new Problem(messageOf(error), "Check that the server runs and the address is right.", {
      cause: error,
    });
  });
  if (!connection) throw new Error(`waited for ${where} without getting a connection`);
  await connection.query("SET SESSION time_zone = '+00:00'");
  return connection;
}

function isNotYet(error: unknown): boolean {
  return error instanceof Error && "code" in error && notYet.has(String(error.code));
}

/** Two runs at once would apply the same file twice. */
async function takeLock(connection: Connection, { database }: MigrationTarget): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(?, ?) AS taken", [
    `tributary-migrations-${database}`,
    lockTimeout,
  ]);
  if (rows[0]?.["taken"] !== 1) {
    throw new Problem(
      `Another run has been migrating database ${database} for over ${lockTimeout} s.`,
      "Wait until it is done, or end it, and run again.",
    );
  }
}

/** A checkout that is older than the database must not pretend that all is well. */
async function refuseNewerDatabase(postgrator: Postgrator, newest: number): Promise<void> {
  const version = await postgrator.getDatabaseVersion();
  if (version > newest) {
    throw new Problem(
      `The database is at version ${version}, but this checkout knows only ${newest}.`,
      "Use the checkout that made the database, or a newer one.",
    );
  }
}

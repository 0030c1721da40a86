import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { messageOf, Problem } from "./problem";

/** A ClickHouse server and the database in it that gets the schema. */
export interface Warehouse {
  /** Its HTTP address, such as `http://localhost:8123`. */
  readonly url: string;
  /** A user who may make tables and views in the database, and the database itself. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** One statement of the schema, and where it stands. */
export interface SchemaStatement {
  readonly file: string;
  /** Line of the file that it begins in, from 1. */
  readonly line: number;
  readonly sql: string;
}

/** How long one statement may take, ms. All are quick, but the machine may be busy. */
const patience = 60_000;

/**
 * Makes the database and runs every statement of a folder of schema files, which are written to be run again.
 *
 * @param folder its `.sql` files are applied in the order of their names
 * @param onFile called with each file when it is applied
 * @throws Problem naming file, line and statement that ClickHouse refused
 */
export async function applySchema(
  warehouse: Warehouse,
  folder: string,
  onFile: (file: string) => void,
): Promise<void> {
  const files = await readSchema(folder);
  await makeDatabase(warehouse);
  const client = connect(warehouse, warehouse.database);
  try {
    for (const [file, statements] of files) {
      for (const statement of statements) await runStatement(client, statement);
      onFile(file);
    }
  } finally {
    await client.close();
  }
}

/**
 * @returns the statements of every `.sql` file, by file name, in the order of the names
 * @throws Problem if there is none
 */
export async function readSchema(folder: string): Promise<Map<string, SchemaStatement[]>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  if (names.length === 0) {
    throw new Problem(`${folder} has no .sql file.`, "Is the checkout complete? `git status` tells.");
  }
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  return new Map(names.map((name, index) => [name, splitStatements(name, texts[index]!)]));
}

/** What separates statements, and what may hold a semicolon that does not: quotes and comments. */
const tokens = /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|--[^\n]*|\/\*[\s\S]*?\*\/|;/g;

/** Blanks and comments before a statement. */
const preamble = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;

/** Cuts a file into its statements; comments in front of one are left out. Pure. */
export function splitStatements(file: string, text: string): SchemaStatement[] {
  const ends = [...text.matchAll(tokens)].filter(([token]) => token === ";").map(({ index }) => index);
  const statements: SchemaStatement[] = [];
  let start = 0;
  for (const end of [...ends, text.length]) {
    const piece = text.slice(start, end);
    const skipped = preamble.exec(piece)![0].length;
    const sql = piece.slice(skipped).trimEnd();
    if (sql !== "") statements.push({ file, line: lineOf(text, start + skipped), sql });
    start = end + 1;
  }
  return statements;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function connect({ url, user, password }: Warehouse, database?: string): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    request_timeout: patience,
    log: { level: ClickHouseLogLevel.OFF }, // whoever called is told, in our words
    ...(database !== undefined && { database }),
  });
}

async function makeDatabase(warehouse: Warehouse): Promise<void> {
  const { url, user, database } = warehouse;
  const client = connect(warehouse);
  try {
    await client.command({
      query: "CREATE DATABASE IF NOT EXISTS {database: Identifier}",
      query_params: { database },
    });
  } catch (error) {
    throw new Problem(
      `ClickHouse at ${url} did not make the database ${database} for user ${user}: ${messageOf(error)}`,
      "Check that the server is up, and the user's name, password and grants.",
      { cause: error },
    );
  } finally {
    await client.close();
  }
}

async function runStatement(client: ClickHouseClient, { file, line, sql }: SchemaStatement): Promise<void> {
  try {
    await client.command({ query: sql });
  } catch (error) {
    throw new Problem(
      `sql/clickhouse/${file}, line ${line}: ${messageOf(error)}\n\n${sql}`,
      "Correct the statement and run this again; what was applied before it stays.",
      { cause: error },
    );
  }
}

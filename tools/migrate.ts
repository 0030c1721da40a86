/** Applies the migrations of `sql/mysql/` to a database. Run by the graph; may be run by hand, any number of times. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { migrate } from "./lib/migrations";
import { Problem } from "./lib/problem";
import { projectFolder } from "./lib/project";

/** How long the server may take to answer; milliseconds. */
const patience = 60_000;

interface Options {
  host: string;
  port: number;
  user: string;
  passwordFile: string;
  database: string;
}

const options = new Command("migrate")
  .description(
    "Bring a MySQL database to the newest version of sql/mysql/. Does nothing if it is there already.",
  )
  .requiredOption("--host <host>", "host name or address of the server")
  .requiredOption("--port <port>", "its port", toPort)
  .requiredOption("--user <user>", "user with DDL rights on the database")
  .requiredOption("--password-file <file>", "file with that user's password")
  .requiredOption("--database <name>", "database to migrate; it must exist")
  .parse()
  .opts<Options>();

try {
  const { passwordFile, ...server } = options;
  const target = { ...server, password: await readPassword(passwordFile) };
  const version = await migrate(target, path.join(projectFolder, "sql", "mysql"), patience, (file) =>
    console.log(`applied ${file}`),
  );
  console.log(`database ${options.database} is at version ${version}`);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`${error.message}\n${error.remedy}`);
  process.exitCode = 1;
}

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError("a port is 1 to 65535");
  return port;
}

async function readPassword(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Problem(
      `The password file ${file} cannot be read: ${String(error)}`,
      "Check its path and its rights.",
    );
  });
  return text.trimEnd();
}

// Brings a MySQL database to the newest version of `sql/mysql/`. Run by the graph; may be run by hand, any number of times.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { InvalidArgumentError } from "commander";
import { command, run } from "./lib/cli";
import { migrate } from "./lib/migrations";
import { messageOf, Problem } from "./lib/problem";
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

const options = command("migrate", "Bring a MySQL database to the newest version of sql/mysql/.")
  .requiredOption("--host <host>", "host name or address of the server")
  .requiredOption("--port <port>", "its port", toPort)
  .requiredOption("--user <user>", "user with DDL rights on the database")
  .requiredOption("--password-file <file>", "file with that user's password")
  .requiredOption("--database <name>", "database to migrate; it must exist")
  .parse()
  .opts<Options>();

await run(async (signal) => {
  const { passwordFile, ...server } = options;
  const version = await migrate(
    { ...server, password: await readPassword(passwordFile) },
    path.join(projectFolder, "sql", "mysql"),
    { patience, signal, onApplied: (file) => console.log(`applied ${file}`) },
  );
  console.log(`database ${options.database} is at version ${version}`);
});

function toPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError("a port is 1 to 65535");
  return port;
}

async function readPassword(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Problem(
      `The password file ${file} cannot be read: ${messageOf(error)}`,
      "Check its path and rights.",
    );
  });
  return text.trimEnd();
}

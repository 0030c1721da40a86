// Applies the tables and views of `sql/clickhouse/` to a warehouse. Run by the graph; may be run by hand, any number
// of times.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { command, run } from "./lib/cli";
import { messageOf, Problem } from "./lib/problem";
import { projectFolder } from "./lib/project";
import { applySchema } from "./lib/warehouse-schema";

interface Options {
  url: string;
  user: string;
  passwordFile: string;
  database: string;
}

const { passwordFile, ...target } = command(
  "warehouse-schema",
  "Brings a ClickHouse database to the schema of sql/clickhouse/.",
)
  .requiredOption("--url <url>", "HTTP address of the server, such as http://localhost:8123")
  .requiredOption("--user <user>", "user with all rights on the database")
  .requiredOption("--password-file <file>", "file with that user's password")
  .requiredOption("--database <name>", "database; it is made if it does not exist")
  .parse()
  .opts<Options>();

await run(async () => {
  const password = await readPassword(passwordFile);
  await applySchema({ ...target, password }, path.join(projectFolder, "sql", "clickhouse"), (file) =>
    console.log(`applied ${file}`),
  );
});

async function readPassword(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trimEnd();
  } catch (error) {
    throw new Problem(
      `The password file ${file} cannot be read: ${messageOf(error)}`,
      "Check its path and its rights.",
    );
  }
}

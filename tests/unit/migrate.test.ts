import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { once } from "node:events";
import test from "ava";
import { explainFailure, migrate, migrationFiles, newestVersion } from "../../tools/lib/migrations";
import { Problem } from "../../tools/lib/problem";
import { projectFolder } from "../../tools/lib/project";
import { tables } from "../../components/tables";

const folder = path.join(projectFolder, "sql", "mysql");
const target = { host: "mysql", port: 3306, user: "migrations", password: "x", database: "platform" };

/** The migrations without their comments. */
async function statements(): Promise<{ file: string; sql: string }[]> {
  const files = await migrationFiles(folder);
  return Promise.all(
    files.map(async (file) => ({
      file,
      sql: (await readFile(path.join(folder, file), "utf8")).replace(/^--.*\n/gm, ""),
    })),
  );
}

test("the project's migrations are numbered without gaps", async (t) => {
  t.is(newestVersion(await migrationFiles(folder)), (await migrationFiles(folder)).length);
});

test("each migration is one statement that may run twice, so that a run cut off anywhere can be repeated", async (t) => {
  for (const { file, sql } of await statements()) {
    t.is(sql.trim().match(/;/g)?.length, 1, file);
    t.regex(sql, /^(CREATE (TABLE|EVENT) IF NOT EXISTS|INSERT IGNORE INTO) /, file);
  }
});

test("every replicated table has its migration", async (t) => {
  const made = (await statements()).flatMap(
    ({ sql }) => /CREATE TABLE IF NOT EXISTS (\w+)/.exec(sql)?.[1] ?? [],
  );
  t.deepEqual([...made].sort(), tables.map(({ table }) => table).sort());
});

test("foreign keys never cascade, and text compares exactly", async (t) => {
  for (const { file, sql } of await statements()) {
    t.notRegex(sql, /CASCADE|SET NULL|SET DEFAULT/i, file);
    if (sql.startsWith("CREATE TABLE")) t.regex(sql, /COLLATE utf8mb4_0900_bin;\s*$/, file);
  }
});

for (const [what, files, message] of [
  ["a gap", ["001.do.a.sql", "003.do.b.sql"], /003\.do\.b\.sql is out of order: number 002 was expected/],
  ["a number used twice", ["001.do.a.sql", "001.do.b.sql"], /001\.do\.b\.sql is out of order: number 002/],
  ["a name that would be passed over", ["first.sql"], /first\.sql is out of order: number 001 was expected/],
  ["an undo", ["001.undo.a.sql"], /001\.undo\.a\.sql is out of order/],
] as const) {
  test(`${what} among the migrations is refused by name`, (t) => {
    t.throws(() => newestVersion(files), { instanceOf: Problem, message });
  });
}

test("a failure names the file, the database and what MySQL said", (t) => {
  const problem = explainFailure("sql/mysql/003.do.orders.sql", target, new Error("Unknown column 'x'"));
  t.is(
    problem.message,
    "sql/mysql/003.do.orders.sql failed on database platform on mysql:3306: Unknown column 'x'",
  );
});

test("an applied file that was changed is called that", (t) => {
  const error = new Error("MD5 checksum failed for migration [2]");
  const problem = explainFailure("sql/mysql/002.do.products.sql", target, error);
  t.regex(problem.message, /^sql\/mysql\/002\.do\.products\.sql was changed after it had been applied/);
  t.regex(problem.remedy ?? "", /new migration/);
});

test("a server that never answers is waited for no longer than allowed, and named", async (t) => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");

  const empty = await mkdtemp(path.join(tmpdir(), "migrations-"));
  await writeFile(path.join(empty, "001.do.nothing.sql"), "SELECT 1;\n");
  const begin = Date.now();
  await t.throwsAsync(
    migrate({ ...target, host: "127.0.0.1", port }, empty, {
      patience: 100,
      signal: new AbortController().signal,
      onApplied: () => t.fail("nothing can be applied"),
    }),
    { instanceOf: Problem, message: new RegExp(`MySQL at 127\\.0\\.0\\.1:${port}, in vain: .*ECONNREFUSED`) },
  );
  t.true(Date.now() - begin < 10_000);
});

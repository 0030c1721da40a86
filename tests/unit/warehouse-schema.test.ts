import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { realtimeViewOf, rowsTableOf, tables } from "../../components/tables";
import { Problem } from "../../tools/lib/problem";
import { projectFolder } from "../../tools/lib/project";
import { readSchema, splitStatements } from "../../tools/lib/warehouse-schema";

const sqlOf = (text: string) => splitStatements("some.sql", text).map(({ sql }) => sql);

test("statements are cut at semicolons, not at those in quotes and comments", (t) => {
  t.deepEqual(sqlOf("SELECT 1;\nSELECT 2"), ["SELECT 1", "SELECT 2"]);
  t.deepEqual(sqlOf(`SELECT ';', 'it''s; \\'; fine';x`), [`SELECT ';', 'it''s; \\'; fine'`, "x"]);
  t.deepEqual(sqlOf('SELECT `a;b`, "c;d"; y'), ['SELECT `a;b`, "c;d"', "y"]);
  t.deepEqual(sqlOf("SELECT 1 -- one; more\n + 1; /* ; */ z"), ["SELECT 1 -- one; more\n + 1", "z"]);
});

test("comments and blanks alone are no statement", (t) => {
  t.deepEqual(sqlOf(" ;; -- nothing\n/* nor; here */;\n"), []);
  t.deepEqual(sqlOf("SELECT 1;\n-- the end"), ["SELECT 1"]);
});

test("a statement knows its line, after the comment before it", (t) => {
  const statements = splitStatements(
    "some.sql",
    "-- first\nSELECT 1;\n\n-- second\n-- of two lines\nSELECT 2;\n",
  );
  t.deepEqual(
    statements.map(({ file, line }) => `${file}:${line}`),
    ["some.sql:2", "some.sql:6"],
  );
});

test("a folder without schema files is refused", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "schema-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await t.throwsAsync(readSchema(folder), { instanceOf: Problem, message: /has no \.sql file/ });
});

test("every replicated table has a file of its name that makes its rows and its view", async (t) => {
  const schema = await readSchema(path.join(projectFolder, "sql", "clickhouse"));
  for (const spec of tables) {
    const statements = schema.get(`${spec.table}.sql`)?.map(({ sql }) => sql.split("\n")[0]);
    t.deepEqual(statements, [
      `CREATE TABLE IF NOT EXISTS ${rowsTableOf(spec)}`,
      `CREATE OR REPLACE VIEW ${realtimeViewOf(spec)} AS`,
    ]);
  }
});

test("every statement of the schema may be run again", async (t) => {
  const schema = await readSchema(path.join(projectFolder, "sql", "clickhouse"));
  for (const { file, line, sql } of [...schema.values()].flat()) {
    t.regex(
      sql,
      /^(CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|CREATE OR REPLACE VIEW|DROP VIEW IF EXISTS|INSERT INTO) /,
      `${file}:${line}`,
    );
  }
});

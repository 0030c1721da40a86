import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@clickhouse/client";
import test from "ava";
import { execa } from "execa";
import { stringify } from "yaml";
import { ports } from "../../components/stack";
import { database } from "../../components/tables";
import { eventually } from "../lib/eventually";

/** A stack of its own, from a copy of this checkout in which a table can be added. */
const stack = "grown";
const prefix = `${stack}-`;
const portOffset = 30_000;
const project = new URL("../../", import.meta.url).pathname;

let copy: string;

const make = (target: string, ...options: string[]) =>
  execa("make", [target, `STACK=${stack}`, "YES=1", ...options], { cwd: copy, stdin: "ignore", all: true });

test.before(async () => {
  copy = await mkdtemp(path.join(tmpdir(), "tributary-grown-"));
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: project,
  });
  for (const file of stdout.split("\n")) await cp(path.join(project, file), path.join(copy, file));
  const config = { "tributary:prefix": prefix, "tributary:portOffset": String(portOffset) };
  await writeFile(path.join(copy, `Pulumi.${stack}.yaml`), stringify({ config }));
});
test.after.always(async () => {
  await make("down");
  await rm(copy, { recursive: true });
});

/** Runs a statement in the source, as its administrator. */
function change(statement: string): Promise<unknown> {
  const client = "MYSQL_PWD=$(cat /run/secrets/mysql-root-password) mysql --user=root platform";
  return execa("docker", ["exec", "-i", `${prefix}mysql`, "sh", "-c", client], { input: statement });
}

/** Waits until the warehouse has these suppliers and no others. */
async function arrived(...expected: string[]): Promise<void> {
  const look = async () => {
    const found = await suppliers();
    if (found.join() !== expected.join()) throw new Error(found.join());
  };
  await eventually("the warehouse has the suppliers", look, { timeout: 120_000, interval: 250 });
}

async function suppliers(): Promise<string[]> {
  const query =
    "SELECT country, supplier_name, rating FROM suppliers_realtime ORDER BY country, supplier_name";
  const client = ["exec", `${prefix}clickhouse-server`, "clickhouse-client", "--query", query];
  return (await execa("docker", client)).stdout.split("\n");
}

/** As CONTRIBUTING says: a migration, a file for the warehouse, a line in the table of tables. */
async function addTable(): Promise<void> {
  const next = (await readdir(path.join(copy, "sql/mysql"))).length + 1;
  const migration = (number: number, what: string) =>
    path.join(copy, "sql/mysql", `${String(number).padStart(3, "0")}.do.${what}.sql`);
  await writeFile(
    migration(next, "suppliers"),
    `CREATE TABLE suppliers (
       country CHAR(2) NOT NULL,
       supplier_name VARCHAR(100) NOT NULL,
       rating INT NOT NULL DEFAULT 0,
       PRIMARY KEY (country, supplier_name)
     )`,
  );
  await writeFile(
    migration(next + 1, "first-suppliers"),
    "INSERT INTO suppliers (country, supplier_name) VALUES ('DE', 'Müller'), ('DE', 'Schmidt'), ('FR', 'Müller')",
  );
  await writeFile(
    path.join(copy, "sql/clickhouse/suppliers.sql"),
    `CREATE TABLE IF NOT EXISTS suppliers_rows
     (
         country       String,
         supplier_name String,
         rating        Int32,
         _version      UInt64,
         _is_deleted   UInt8,
         _topic_time   DateTime64(3, 'UTC'),
         _ingested_at  DateTime64(3, 'UTC') DEFAULT now64(3)
     )
     ENGINE = ReplacingMergeTree(_version, _is_deleted)
     ORDER BY (country, supplier_name);

     CREATE OR REPLACE VIEW suppliers_realtime AS
     SELECT country, supplier_name, rating
     FROM suppliers_rows FINAL;
    `,
  );
  const tables = path.join(copy, "components/tables.ts");
  const line = '  { table: "products", key: ["product_id"] },\n';
  const text = await readFile(tables, "utf8");
  await writeFile(
    tables,
    text.replace(line, `${line}  { table: "suppliers", key: ["country", "supplier_name"] },\n`),
  );
}

test("a table that is added to a running stack arrives with the rows it had, and with every change", async (t) => {
  await make("up");
  await addTable();
  const { all } = await make("up");
  t.regex(all, /new tables: done in .*suppliers/);
  t.deepEqual(await suppliers(), ["DE\tMüller\t0", "DE\tSchmidt\t0", "FR\tMüller\t0"]);

  await change(
    "INSERT INTO suppliers (country, supplier_name) VALUES ('IT', 'Rossi'); DELETE FROM suppliers WHERE supplier_name = 'Schmidt'",
  );
  await arrived("DE\tMüller\t0", "FR\tMüller\t0", "IT\tRossi\t0");
});

test("capture knows the table again after it went back to its saved state", async (t) => {
  await execa("docker", ["restart", `${prefix}flink-taskmanager`]);
  await change("UPDATE suppliers SET rating = 5, country = 'AT' WHERE country = 'DE'");
  await arrived("AT\tMüller\t5", "FR\tMüller\t0", "IT\tRossi\t0");
  const { all } = await make("verify");
  t.regex(all, /suppliers: 3 rows .* no difference/);
});

test("a row that is missing behind a key of several texts is found, named and repaired", async (t) => {
  const password = await readFile(
    path.join(copy, ".tributary/secrets", stack, "clickhouse-schema-password"),
    "utf8",
  );
  const url = `http://127.0.0.1:${ports.clickhouse + portOffset}`;
  const warehouse = createClient({ url, username: "schema", password: password.trim(), database });
  const query = "ALTER TABLE suppliers_rows DELETE WHERE country = 'AT'";
  await warehouse.command({ query, clickhouse_settings: { mutations_sync: "1" } });
  await warehouse.close();

  const { all } = await make("verify", "REPAIR=1");
  t.regex(all, /country, supplier_name AT, Müller: not in ClickHouse/);
  await arrived("AT\tMüller\t5", "FR\tMüller\t0", "IT\tRossi\t0");
});

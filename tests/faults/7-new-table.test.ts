import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { execa } from "execa";
import { stringify } from "yaml";
import { eventually } from "../lib/eventually";

/** A stack of its own, from a copy of this checkout in which a table can be added. */
const stack = "grown";
const prefix = `${stack}-`;
const project = new URL("../../", import.meta.url).pathname;

let copy: string;

const make = (target: string) =>
  execa("make", [target, `STACK=${stack}`, "YES=1"], { cwd: copy, stdin: "ignore", all: true });

test.before(async () => {
  copy = await mkdtemp(path.join(tmpdir(), "tributary-grown-"));
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: project,
  });
  for (const file of stdout.split("\n")) await cp(path.join(project, file), path.join(copy, file));
  const config = { "tributary:prefix": prefix, "tributary:portOffset": "30000" };
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
  const query = "SELECT supplier_id, supplier_name FROM suppliers_realtime ORDER BY supplier_id";
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
       supplier_id BIGINT AUTO_INCREMENT PRIMARY KEY,
       supplier_name VARCHAR(100) NOT NULL,
       created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
     )`,
  );
  await writeFile(
    migration(next + 1, "first-suppliers"),
    "INSERT INTO suppliers (supplier_name) VALUES ('One'), ('Two'), ('Three')",
  );
  const products = await readFile(path.join(copy, "sql/clickhouse/products.sql"), "utf8");
  await writeFile(
    path.join(copy, "sql/clickhouse/suppliers.sql"),
    products.replaceAll("product", "supplier"),
  );
  const tables = path.join(copy, "components/tables.ts");
  const line = '  { table: "products", key: ["product_id"] },\n';
  const text = await readFile(tables, "utf8");
  await writeFile(tables, text.replace(line, `${line}  { table: "suppliers", key: ["supplier_id"] },\n`));
}

test("a table that is added to a running stack arrives with the rows it had, and with every change", async (t) => {
  await make("up");
  await addTable();
  const { all } = await make("up");
  t.regex(all, /new tables: done in .*suppliers/);
  t.deepEqual(await suppliers(), ["1\tOne", "2\tTwo", "3\tThree"]);

  await change(
    "INSERT INTO suppliers (supplier_name) VALUES ('Four'); DELETE FROM suppliers WHERE supplier_id = 2",
  );
  await arrived("1\tOne", "3\tThree", "4\tFour");
});

test("capture knows the table again after it went back to its saved state", async (t) => {
  await execa("docker", ["restart", `${prefix}flink-taskmanager`]);
  await change("UPDATE suppliers SET supplier_name = 'Uno' WHERE supplier_id = 1");
  await arrived("1\tUno", "3\tThree", "4\tFour");
  const { all } = await make("verify");
  t.regex(all, /suppliers: 3 rows .* no difference/);
});

import type { RowDataPacket } from "mysql2/promise";
import { database, platformTables, realtimeViewOf, type TableSpec } from "../../components/tables";
import { eventually } from "./eventually";
import { connectToSource, stackOutputs, warehouseNumber, warehouseOf } from "./stack";

/** How a table's rows differ between the source and the warehouse. */
export interface Difference {
  readonly table: string;
  /** Keys of rows that only the source has. */
  readonly missing: string[];
  /** Keys of rows that only the warehouse has. */
  readonly extra: string[];
  /** Rows whose columns differ, both sides of them. */
  readonly changed: string[];
}

/** All rows of a table, whole, by key. */
type Rows = Map<string, string>;

/** Compares every column of every row of what the platform keeps. Neither side may be changing. */
export async function compareTables(): Promise<Difference[]> {
  await stackOutputs();
  const connection = await connectToSource();
  try {
    const differences: Difference[] = [];
    for (const spec of platformTables) {
      const [columns] = await connection.query<RowDataPacket[]>(
        `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
        [database, spec.table],
      );
      const names = columns.map(({ name }) => String(name));
      const [rows] = await connection.query<RowDataPacket[][]>({
        sql: `SELECT ${names.join(", ")} FROM ${spec.table}`,
        rowsAsArray: true,
      });
      differences.push(compare(spec, byKey(spec, names, rows), await readWarehouse(spec, names)));
    }
    return differences;
  } finally {
    await connection.end();
  }
}

/** How many rows differ in all. */
export function countDifferences(differences: readonly Difference[]): number {
  return differences.reduce(
    (sum, { missing, extra, changed }) => sum + missing.length + extra.length + changed.length,
    0,
  );
}

async function readWarehouse(spec: TableSpec, names: readonly string[]): Promise<Rows> {
  const answer = await (
    await warehouseOf("verify")
  ).query({
    query: `SELECT ${names.join(", ")} FROM ${realtimeViewOf(spec)}`,
    format: "JSONCompactStringsEachRow",
    clickhouse_settings: { output_format_decimal_trailing_zeros: 1 },
  });
  return byKey(spec, names, await answer.json<unknown[]>());
}

/** @param rows may have a key twice: then both are kept, as one row that equals no other */
function byKey(spec: TableSpec, names: readonly string[], rows: readonly (readonly unknown[])[]): Rows {
  const keys = spec.key.map((column) => names.indexOf(column));
  const all: Rows = new Map();
  for (const row of rows) {
    const key = keys.map((i) => String(row[i])).join(",");
    const line = row.map(String).join("\t");
    const other = all.get(key);
    all.set(key, other === undefined ? line : `${other} and ${line}`);
  }
  return all;
}

function compare({ table }: TableSpec, source: Rows, warehouse: Rows): Difference {
  const missing: string[] = [];
  const changed: string[] = [];
  for (const [key, line] of source) {
    const other = warehouse.get(key);
    if (other === undefined) missing.push(key);
    else if (other !== line) changed.push(`${line} ≠ ${other}`);
  }
  const extra = [...warehouse.keys()].filter((key) => !source.has(key));
  return { table, missing, extra, changed };
}

/** Waits until an order is in the warehouse. @param timeout milliseconds */
export async function orderArrives(id: number, timeout: number): Promise<void> {
  await eventually(
    `order ${id} is in the warehouse`,
    async () => {
      const count = await warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${id}`);
      if (count !== 1) throw new Error("not yet");
    },
    { timeout },
  );
}

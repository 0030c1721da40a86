import path from "node:path";
import { projectFolder } from "../project";
import { readSchema, type SchemaStatement } from "../warehouse-schema";
import type { Warehouse } from "./warehouse";

/** A view as the schema has it. */
export interface View {
  readonly name: string;
  readonly file: string;
  /** What makes it. */
  readonly statement: string;
  /** What it shows. */
  readonly select: string;
}

/** A view that is not as the schema has it. */
export interface WrongView extends View {
  readonly why: string;
}

const folder = path.join("sql", "clickhouse");

/** The views of some of the schema's files; of a file that is not there, none. */
export async function readViews(files: readonly string[]): Promise<View[]> {
  const schema = await readSchema(path.join(projectFolder, folder));
  return viewsOf(files.flatMap((file) => schema.get(file) ?? []));
}

/** The views that statements of the schema make. Pure. */
export function viewsOf(statements: readonly SchemaStatement[]): View[] {
  return statements.flatMap(({ file, sql }) => {
    const [, name, select] = /^CREATE OR REPLACE VIEW (\w+) AS\s+(.*)$/s.exec(sql) ?? [];
    return name && select ? [{ name, file: path.join(folder, file), statement: sql, select }] : [];
  });
}

/**
 * The views that are not as the schema has them. To compare what they show would take as long as to compare the rows, while
 * rows come in between: so what they are is compared, as ClickHouse understands it.
 */
export async function wrongViews(warehouse: Warehouse, views: readonly View[]): Promise<WrongView[]> {
  const rows = await warehouse.select(
    `SELECT name, as_select, create_table_query FROM system.tables
     WHERE database = currentDatabase() AND engine = 'View'`,
  );
  const found = new Map(rows.map(([name, select, whole]) => [name, { select: select!, whole: whole! }]));
  const wrong: WrongView[] = [];
  for (const view of views) {
    const { name, file, select } = view;
    const there = found.get(name);
    if (!there) wrong.push({ ...view, why: `is not there; ${file} makes it` });
    else if (
      (await meaningOf(warehouse, name, there.select)) !== (await meaningOf(warehouse, `(${select})`, select))
    )
      wrong.push({ ...view, why: `is not as ${file} has it: ${there.whole}` });
  }
  return wrong;
}

/** Names and types of the columns of a view or a query, and the query with every name resolved, as one text. */
async function meaningOf(warehouse: Warehouse, source: string, select: string): Promise<string> {
  const columns = await warehouse.select(`DESCRIBE ${source}`);
  const query = await warehouse.select(`EXPLAIN QUERY TREE dump_tree = 0, dump_ast = 1 ${select}`);
  return JSON.stringify([columns.map(([name, type]) => [name, type]), query]);
}

/**
 * The table of tables: the one place that says which tables are replicated. Topic names, the capture job's list,
 * job arguments and warehouse names all derive from it.
 *
 * To add a table: a migration in `sql/mysql/`, its `sql/clickhouse/<table>.sql`, and a line in `platformTables` below.
 */

/** A table of the source, and how its rows are stored in the warehouse. */
export interface TableSpec {
  /** Its name in MySQL. */
  readonly table: string;
  /** Columns of the primary key, in key order: the Kafka key, and the sorting key of the warehouse. */
  readonly key: readonly [string, ...string[]];
  /** How the warehouse partitions its rows. Without it there is one partition. */
  readonly partitionBy?: { readonly column: string; readonly unit: "month" };
}

/** The database's name, in MySQL and in ClickHouse. */
export const database = "platform";

/** The pipeline's own pulse, no business data: MySQL writes a row a second, so that lag is known on idle tables too. */
export const heartbeats: TableSpec = { table: "heartbeats", key: ["slot"] };

/** What the platform keeps. Parents before children, so that a snapshot reads well in order. */
export const platformTables: readonly TableSpec[] = [
  { table: "users", key: ["user_id"] },
  { table: "products", key: ["product_id"] },
  { table: "orders", key: ["order_id"], partitionBy: { column: "created_at", unit: "month" } },
  { table: "order_items", key: ["item_id"] },
];

/** Everything that is replicated. */
export const tables: readonly TableSpec[] = [...platformTables, heartbeats];

/** `order_items` → `order-items-cdc-topic` */
export function topicOf({ table }: TableSpec): string {
  return `${table.replaceAll("_", "-")}-cdc-topic`;
}

/** Where changes go that the warehouse can never take, with the reason: `orders-cdc-topic-dlq`. */
export function deadLetterTopicOf(spec: TableSpec): string {
  return `${topicOf(spec)}-dlq`;
}

/** The storage table in the warehouse, every version of every row: `orders_rows`. */
export function rowsTableOf({ table }: TableSpec): string {
  return `${table}_rows`;
}

/** What people query in the warehouse, each row once and in its newest state: `orders_realtime`. */
export function realtimeViewOf({ table }: TableSpec): string {
  return `${table}_realtime`;
}

/** The `--tables` argument of both jobs, as JSON: every name spelled out, so that the jobs know no naming rule. */
export function tablesArgument(specs: readonly TableSpec[]): string {
  return JSON.stringify(
    specs.map((spec) => ({
      table: spec.table,
      key: spec.key,
      topic: topicOf(spec),
      deadLetterTopic: deadLetterTopicOf(spec),
      rows: rowsTableOf(spec),
      ...(spec.partitionBy && { partitionBy: spec.partitionBy }),
    })),
  );
}

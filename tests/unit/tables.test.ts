import test from "ava";
import {
  deadLetterTopicOf,
  platformTables,
  realtimeViewOf,
  rowsTableOf,
  tables,
  tablesArgument,
  topicOf,
} from "../../components/tables";

test("every name of a table derives from the table's own", (t) => {
  const spec = { table: "order_items", key: ["item_id"] } as const;
  t.is(topicOf(spec), "order-items-cdc-topic");
  t.is(deadLetterTopicOf(spec), "order-items-cdc-topic-dlq");
  t.is(rowsTableOf(spec), "order_items_rows");
  t.is(realtimeViewOf(spec), "order_items_realtime");
});

test("the four tables of the platform are replicated, and the heartbeats", (t) => {
  t.deepEqual(
    platformTables.map(({ table }) => table),
    ["users", "products", "orders", "order_items"],
  );
  t.deepEqual(
    tables.map(({ table }) => table),
    ["users", "products", "orders", "order_items", "heartbeats"],
  );
});

test("the jobs get every name spelled out", (t) => {
  const orders = {
    table: "orders",
    key: ["order_id"],
    partitionBy: { column: "created_at", unit: "month" },
  } as const;
  t.deepEqual(JSON.parse(tablesArgument([orders])), [
    {
      table: "orders",
      key: ["order_id"],
      topic: "orders-cdc-topic",
      deadLetterTopic: "orders-cdc-topic-dlq",
      rows: "orders_rows",
      partitionBy: { column: "created_at", unit: "month" },
    },
  ]);
  t.deepEqual(JSON.parse(tablesArgument([{ table: "users", key: ["user_id"] }])), [
    {
      table: "users",
      key: ["user_id"],
      topic: "users-cdc-topic",
      deadLetterTopic: "users-cdc-topic-dlq",
      rows: "users_rows",
    },
  ]);
});

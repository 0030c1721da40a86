import test from "ava";
import { platformTables, topicOf } from "../../components/tables";
import { readTransactions } from "../../tools/lib/alarms/transactions";
import type { Offsets } from "../../tools/lib/kafka";
import { leaveOpen } from "../lib/dead-producer";
import { eventually } from "../lib/eventually";
import { captureHasPassed } from "../lib/heartbeat";
import { compareTables, countDifferences } from "../lib/rows";
import { changeWarehouse, container, placeOrder, source, warehouse, warehouseNumber } from "../lib/stack";
import { committedEnd, committedSince } from "../lib/topic";

/** Changes that a pipeline may get wrong, one after the other in the source. */
interface Edge {
  /** What happens, as statements; `:a`, `:b` and `:c` are keys of this edge's own. */
  readonly sql: readonly string[];
  /** What the topic of the table must have, committed, in the order of the binlog: each change's kind and key. */
  readonly changes: string;
  /** Whose keys they are. @default "orders" */
  readonly table?: "orders" | "order_items";
}

const insert = (key: string, quantity = 1) =>
  `INSERT INTO orders (order_id, user_id, product_name, quantity, total_price, created_at)
   VALUES (${key}, 1, 'Edge', ${quantity}, 1.00, '2025-06-15 12:00:00.000001')`;
const insertItem = (key: string, order: string) =>
  `INSERT INTO order_items (item_id, order_id, product_id, quantity, unit_price)
   SELECT ${key}, ${order}, MIN(product_id), 1, 1.00 FROM products`;
const set = (key: string, what: string) => `UPDATE orders SET ${what} WHERE order_id = ${key}`;
const remove = (key: string) => `DELETE FROM orders WHERE order_id = ${key}`;

const many = 100;

const edges: Record<string, Edge> = {
  "a changed primary key is a delete and an insert": {
    sql: [insert(":a"), set(":a", "order_id = :b")],
    changes: "c a, d a, c b",
  },
  "a primary key that changes and changes back": {
    sql: [insert(":a"), set(":a", "order_id = :b"), set(":b", "order_id = :a")],
    changes: "c a, d a, c b, d b, c a",
  },
  "two rows that swap their keys in one transaction": {
    sql: [
      insert(":a", 1),
      insert(":b", 2),
      "START TRANSACTION",
      set(":a", "order_id = :c"),
      set(":b", "order_id = :a"),
      set(":c", "order_id = :b"),
      "COMMIT",
    ],
    changes: "c a, c b, d a, c c, d b, c a, d c, c b",
  },
  "one statement that moves several rows to other keys": {
    sql: [
      insert(":a", 1),
      insert(":b", 2),
      "UPDATE orders SET order_id = order_id + 100 WHERE order_id IN (:a, :b) ORDER BY order_id",
    ],
    // Of the second row the key is the lower one. The new keys are no letters.
    changes: "c a, c b, d b, c b+100, d a, c a+100",
  },
  "a changed primary key of an item": {
    table: "order_items",
    sql: [
      insert(":a"),
      insertItem(":a", ":a"),
      "UPDATE order_items SET item_id = :b, quantity = 2 WHERE item_id = :a",
    ],
    changes: "c a, d a, c b",
  },
  "a row deleted and inserted again in one transaction": {
    sql: [insert(":a", 1), "START TRANSACTION", remove(":a"), insert(":a", 2), "COMMIT"],
    changes: "c a, d a, c a",
  },
  "a row deleted and inserted again in two transactions": {
    sql: [insert(":a", 1), remove(":a"), insert(":a", 2)],
    changes: "c a, d a, c a",
  },
  "a row inserted, changed and deleted in one transaction": {
    sql: ["START TRANSACTION", insert(":a"), set(":a", "quantity = 7"), remove(":a"), "COMMIT"],
    changes: "c a, u a, d a",
  },
  "many changes of one row in one transaction": {
    sql: [
      insert(":a"),
      "START TRANSACTION",
      ...Array.from({ length: many }, (_, i) => set(":a", `quantity = ${i + 2}`)),
      "COMMIT",
    ],
    changes: ["c a", ...Array.from({ length: many }, () => "u a")].join(", "),
  },
  "a row that moves to another month under another key": {
    sql: [insert(":a"), set(":a", "order_id = :b, created_at = '2025-07-15 12:00:00.000001'")],
    changes: "c a, d a, c b",
  },
  "a row that moves to another month and back in one transaction": {
    sql: [
      insert(":a"),
      "START TRANSACTION",
      set(":a", "created_at = '2025-07-15 12:00:00.000001', quantity = 2"),
      set(":a", "created_at = '2025-06-15 12:00:00.000001', quantity = 3"),
      "COMMIT",
    ],
    changes: "c a, u a, u a",
  },
  "a row deleted and inserted again in another month in one transaction": {
    sql: [
      insert(":a"),
      "START TRANSACTION",
      remove(":a"),
      insert(":a", 2).replace("2025-06", "2025-08"),
      "COMMIT",
    ],
    changes: "c a, d a, c a",
  },
  "a transaction that is rolled back": {
    sql: ["START TRANSACTION", insert(":a"), "ROLLBACK"],
    changes: "",
  },
  "a transaction of which a part is rolled back": {
    sql: [
      "START TRANSACTION",
      insert(":a"),
      "SAVEPOINT here",
      set(":a", "quantity = 7"),
      "ROLLBACK TO here",
      "COMMIT",
    ],
    changes: "c a",
  },
  "an update that changes nothing": {
    sql: [insert(":a"), set(":a", "quantity = quantity")],
    changes: "c a",
  },
  "a transaction with nothing in it": {
    sql: ["START TRANSACTION", "COMMIT"],
    changes: "",
  },
  "a transaction of tables that are not captured, and one of both kinds": {
    sql: [
      "CREATE TABLE edge_notes (note INT PRIMARY KEY)",
      "START TRANSACTION",
      "INSERT INTO edge_notes VALUES (1), (2)",
      "COMMIT",
      "START TRANSACTION",
      "UPDATE edge_notes SET note = note + 10",
      insert(":a"),
      "DELETE FROM edge_notes",
      "COMMIT",
      "DROP TABLE edge_notes",
    ],
    changes: "c a",
  },
};

/** Below all keys that anybody else uses, and new for each run. */
const firstKey = -Date.now() * 1_000;

/** Each edge's keys, by their letters. */
const keysOf = new Map(
  Object.keys(edges).map((title, i) => {
    const start = firstKey - 1_000 * i;
    return [title, { a: start, b: start - 1, c: start - 2 }];
  }),
);

/** A change as the topic tells it. */
interface Change {
  readonly op: string;
  readonly key: number;
  readonly place: string;
}

/** All changes of the platform's tables since the first edge, by table, each table's in the order of the binlog. */
const seen = new Map<string, Change[]>();

async function readChanges(topic: string, from: Offsets): Promise<Change[]> {
  const records = await committedSince(topic, from);
  const changes = records.map(({ key, value }) => {
    const { op, source } = JSON.parse(value) as {
      op: string;
      source: { file: string; pos: number; row: number };
    };
    const [id] = Object.values(JSON.parse(key) as Record<string, number>);
    // Of one row's change of key, the delete comes before the insert.
    const place = [source.pos, source.row, op === "d" ? 0 : 1].map((part) => String(part).padStart(12, "0"));
    return { op, key: id!, place: [source.file, ...place].join(" ") };
  });
  return changes.toSorted((one, other) => one.place.localeCompare(other.place, "en"));
}

test.before(async () => {
  // Brings a product, for the items.
  await placeOrder();
  await captureHasPassed();
  const before = new Map<string, Offsets>();
  for (const spec of platformTables) before.set(spec.table, await committedEnd(topicOf(spec)));
  for (const [title, { sql }] of Object.entries(edges)) {
    const keys = keysOf.get(title)!;
    const statements = sql.map((one) =>
      one.replace(/:([abc])/g, (_, letter: "a" | "b" | "c") => String(keys[letter])),
    );
    await source(statements.join(";\n"));
  }
  await captureHasPassed();
  for (const spec of platformTables)
    seen.set(spec.table, await readChanges(topicOf(spec), before.get(spec.table)!));
});

for (const [title, { changes, table = "orders" }] of Object.entries(edges)) {
  test(`${title}: each change is in the topic once, in its order`, (t) => {
    const { a } = keysOf.get(title)!;
    const letterOf = (key: number) => {
      const distance = a - key;
      return distance >= 0 ? "abc"[distance]! : `${"ab"[(distance + 100) % 100]!}+100`;
    };
    const own = seen.get(table)!.filter(({ key }) => Math.abs(a - key) < 500);
    t.is(own.map(({ op, key }) => `${op} ${letterOf(key)}`).join(", "), changes);
  });
}

test("nothing else came into the topics, of whatever was empty, rolled back or not captured", (t) => {
  const isOwn = ({ key }: Change) => key <= firstKey + 500;
  t.deepEqual(
    [...seen.values()].flat().filter((change) => !isOwn(change)),
    [],
  );
});

async function requireEqual(): Promise<void> {
  const differences = await compareTables();
  if (countDifferences(differences) > 0) throw new Error(JSON.stringify(differences));
}

test("afterwards every row of the warehouse is the source's, and there is no other", async (t) => {
  await t.notThrowsAsync(eventually("the tables are equal", requireEqual, { timeout: 10_000 }));
  const rows = await warehouse<{ quantity: number }>(
    `SELECT quantity FROM orders_realtime WHERE order_id = ${keysOf.get("many changes of one row in one transaction")!.a}`,
  );
  t.deepEqual(rows, [{ quantity: many + 1 }]);
});

test("merging leaves nothing of rows that went to another month or another key", async (t) => {
  await changeWarehouse("OPTIMIZE TABLE orders_rows FINAL");
  await requireEqual();
  t.deepEqual(
    await warehouse(
      `SELECT order_id FROM orders_rows WHERE order_id <= ${firstKey} AND _is_deleted = 0
       GROUP BY order_id HAVING count() > 1`,
    ),
    [],
  );
});

test("a foreign producer that dies in a transaction holds its topic up until the transaction times out, and nothing is lost", async (t) => {
  const transactionalId = `foreign-${Date.now()}`;
  const broker = await container("kafka");
  const isOpen = async () => (await readTransactions(broker)).some(({ id }) => id === transactionalId);
  await leaveOpen({ transactionalId, topic: "orders-cdc-topic", partitions: [0, 1, 2], timeout: 20_000 });
  const id = await placeOrder();
  const arrived = () => warehouseNumber(`SELECT count() FROM orders_realtime WHERE order_id = ${id}`);
  await captureHasPassed();
  t.is(await arrived(), 0, "readers of committed records wait, while other topics go on");
  t.true(await isOpen());
  const { after } = await eventually(
    "the order is in ClickHouse",
    async () => {
      if ((await arrived()) !== 1) throw new Error("not yet");
    },
    { timeout: 60_000 },
  );
  t.false(await isOpen());
  await eventually("the tables are equal", requireEqual, { timeout: 10_000 });
  t.log(`seen ${Math.round(after / 1000)} s later`);
});

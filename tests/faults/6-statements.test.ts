import test from "ava";
import { readJob } from "../../tools/lib/flink";
import { failureOfCapture } from "../lib/jobs";
import { orderArrives } from "../lib/rows";
import {
  container,
  docker,
  forgetOutputs,
  placeOrder,
  pulumi,
  source,
  stackOutputs,
  warehouseNumber,
} from "../lib/stack";
import { verify } from "../lib/verify";

/** A way to change captured rows that row events do not show. */
interface Silent {
  readonly what: string;
  /** What is done, and how it is put right in the source. */
  readonly sql: string;
  readonly undo?: string;
  /** Whether capture is away while it is done. */
  readonly away?: boolean;
  /** What capture says of it. */
  readonly says: RegExp;
}

const silent: Silent[] = [
  {
    what: "a table is renamed into another database",
    sql: "CREATE DATABASE archive; RENAME TABLE heartbeats TO archive.heartbeats",
    undo: "RENAME TABLE archive.heartbeats TO platform.heartbeats; DROP DATABASE archive",
    says: /RENAME TABLE heartbeats/i,
  },
  {
    what: "a TRUNCATE stands in a comment for newer versions",
    sql: "/*!50000 TRUNCATE TABLE heartbeats */",
    says: /TRUNCATE TABLE heartbeats/i,
  },
  {
    what: "a session writes a statement instead of rows, and names no table in it",
    sql: `CREATE VIEW names AS SELECT * FROM products;
      SET SESSION binlog_format = STATEMENT; UPDATE names SET product_name = 'By statement' WHERE product_id = 1`,
    undo: "DROP VIEW names",
    says: /binlog_format.*UPDATE names/is,
  },
  {
    what: "a session compresses its transaction",
    sql: "SET SESSION binlog_transaction_compression = ON; UPDATE products SET product_name = 'Compressed' LIMIT 1",
    says: /TRANSACTION_PAYLOAD/,
  },
  {
    what: "a session leaves columns out",
    sql: "SET SESSION binlog_row_image = MINIMAL; UPDATE products SET product_name = 'By key' LIMIT 1",
    says: /binlog_row_image/,
  },
  {
    what: "a heartbeat is written past the binlog",
    sql: `SET SESSION sql_log_bin = 0;
      INSERT INTO heartbeats (slot, beat, server_uuid, beaten_at)
      SELECT (MAX(beat) + 1) % 3600, MAX(beat) + 1, @@server_uuid, UTC_TIMESTAMP(6) FROM heartbeats`,
    says: /heartbeat \d+ comes after heartbeat \d+/i,
  },
  {
    what: "another server's transactions begin in the middle",
    sql: `SET gtid_next = 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb:3';
      UPDATE products SET product_name = 'In the middle' LIMIT 1; SET gtid_next = AUTOMATIC`,
    undo: `SET gtid_next = 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb:1'; BEGIN; COMMIT;
      SET gtid_next = 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb:2'; BEGIN; COMMIT; SET gtid_next = AUTOMATIC`,
    says: /transaction aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb:3/,
  },
  {
    what: "transactions have no GTID for a while",
    sql: `SET GLOBAL gtid_mode = ON_PERMISSIVE; SET GLOBAL gtid_mode = OFF_PERMISSIVE;
      UPDATE products SET product_name = 'Anonymous' LIMIT 1;
      SET GLOBAL gtid_mode = ON_PERMISSIVE; SET GLOBAL gtid_mode = ON`,
    says: /anonymous transaction/,
  },
  {
    what: "MySQL has deleted binlog that it has not read",
    away: true,
    sql: `UPDATE products SET product_name = 'Purged' LIMIT 1;
      FLUSH BINARY LOGS; DO SLEEP(2); PURGE BINARY LOGS BEFORE NOW()`,
    says: /no longer available/,
  },
];

for (const { what, sql, undo, away, says } of silent) {
  test(`capture stops for good, and names it, when ${what}`, async (t) => {
    const taskManager = await container("flink-taskmanager");
    if (away) await docker("stop", taskManager);
    await source(sql);
    if (away) await docker("start", taskManager);
    const failure = await failureOfCapture();
    t.regex(failure, says);
    t.regex(failure, /setting `snapshot`/);

    if (undo) await source(undo);
    await pulumi("config", "set", "snapshot", String(Math.floor(Date.now() / 1_000) % 1_000_000));
    await pulumi("up", "--yes", "--skip-preview", "--refresh");
    forgetOutputs();
    await orderArrives(await placeOrder(), 60_000);
  });
}

test("statements that change no captured row do not stop it", async (t) => {
  const { flinkUrl, captureJobId } = await stackOutputs();
  await source(`
    CREATE VIEW order_names AS
      SELECT order_id FROM orders
      INTERSECT
      SELECT order_id FROM order_items;
    CREATE PROCEDURE clean_up()
    BEGIN
      IF (SELECT COUNT(*) FROM JSON_TABLE('[]', '$[*]' COLUMNS (v INT PATH '$')) none) > 0 THEN
        TRUNCATE TABLE orders;
      END IF;
    END;
    CREATE TEMPORARY TABLE orders (a INT); TRUNCATE TABLE orders; DROP TEMPORARY TABLE orders;
    CREATE TABLE Orders LIKE orders;
    INSERT INTO Orders (user_id, product_name, quantity, total_price) VALUES (1, 'In capitals', 1, 1);
    CREATE DATABASE other; CREATE TABLE other.orders LIKE orders;
    INSERT INTO other.orders (user_id, product_name, quantity, total_price) VALUES (1, 'Elsewhere', 1, 1);
    TRUNCATE TABLE other.orders; ALTER TABLE other.orders ADD COLUMN note INT; DROP DATABASE other;
    DROP TABLE Orders; DROP PROCEDURE clean_up; DROP VIEW order_names;
    CREATE TABLE IF NOT EXISTS users LIKE orders; UPDATE users SET name = CONCAT(name, '.') WHERE user_id = 5;
    CREATE INDEX by_name ON orders (product_name); DROP INDEX by_name ON orders; ANALYZE TABLE orders`);
  await orderArrives(await placeOrder(), 60_000);
  t.is((await readJob(flinkUrl, captureJobId)).state, "RUNNING");
  t.is(
    await warehouseNumber(
      "SELECT count() FROM orders_realtime WHERE product_name IN ('In capitals', 'Elsewhere')",
    ),
    0,
  );
});

test("afterwards nothing differs", async (t) => {
  const { exitCode, comparison } = await verify();
  t.is(exitCode, 0, JSON.stringify(comparison));
});

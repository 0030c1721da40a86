-- Orders and revenue per minute, by status and by product, about a second behind the rows.
--
-- Why they stay right. Sums over inserts would count every update, delete and replay again. Here a minute is counted
-- anew from its rows as FINAL shows them, and what is added to the sums is the difference to what the sums say already:
--
--   orders_rows ──▶ order_changes ──▶ order_recount ──▶ order_recounts ──▶ order_sums ──▶ the views
--   a change of      + changes per     every second:     a minute to        + difference
--   a minute         minute            minutes ≠ 0       count              of the minute
--                         ▲                                                      │
--                         └───────────── − changes that are counted now ─────────┘
--
--   * Every inserted row, also a tombstone and a replayed one, adds 1 to the changes of the minute of its created_at.
--     A minute's orders can only change by such a row, because created_at is part of the key of orders_rows: an order
--     that moves leaves a tombstone in the minute that it leaves.
--   * A minute is clean when as many changes were counted as were added. No clock is asked.
--   * ClickHouse commits a block to the table before it commits what the table's views make of it. So a change that
--     is seen has its rows in place; and the counted changes are taken off only when the sums are in. What is cut off
--     in between is counted once more, and finds no difference.
--   * A difference is taken from the sums themselves, not from what was meant to be in them, so counting a minute
--     again repairs whatever may be wrong with it. To count everything again, after rows were removed by hand, in this
--     order (a minute that is being counted meanwhile has changes until its sums are in):
--       INSERT INTO order_changes SELECT DISTINCT toStartOfMinute(toStartOfSecond(created_at)), 1 FROM orders_rows;
--       INSERT INTO order_changes SELECT DISTINCT minute, 1 FROM order_changes;
--       INSERT INTO order_changes SELECT DISTINCT minute, 1 FROM order_sums;
-- The minute of a time is toStartOfMinute(toStartOfSecond(…)), in the types that reach before 1970 and beyond 2106: of
-- a fraction of a second before 1970, toStartOfMinute alone makes the next minute.
--
-- Why they stay fast. Counting reads the changed minutes only, which the key of orders_rows finds. The views read
-- projections, which hold the sums of every part. While nothing changes, a second costs one look at an almost empty
-- table.

-- Changes per minute that are not counted yet. Sums of 0 vanish when parts are merged.
CREATE TABLE IF NOT EXISTS order_changes
(
    minute  DateTime64(0, 'UTC'),
    changes Int64
)
ENGINE = SummingMergeTree(changes)
ORDER BY minute
SETTINGS old_parts_lifetime = 60, min_age_to_force_merge_seconds = 30;

-- One row per minute and kind of order: the differences found so far, whose sum is the present state.
CREATE TABLE IF NOT EXISTS order_sums
(
    minute       DateTime64(0, 'UTC'),
    status       String,
    product_name String,
    orders       Int64,
    quantity     Int64,
    revenue      Decimal(38, 2),
    -- Changes of the minute that this count covers. It is for the view below; merges do not add it up.
    counted      Int64,
    PROJECTION by_minute (SELECT minute, sum(orders), sum(revenue) GROUP BY minute),
    PROJECTION by_status (SELECT status, sum(orders), sum(revenue) GROUP BY status),
    PROJECTION by_product (SELECT product_name, sum(orders), sum(quantity), sum(revenue) GROUP BY product_name)
)
ENGINE = SummingMergeTree((orders, quantity, revenue))
ORDER BY (minute, status, product_name)
SETTINGS deduplicate_merge_projection_mode = 'rebuild', index_granularity = 1024, old_parts_lifetime = 60;

-- Minutes on their way to being counted. Nothing is kept here.
CREATE TABLE IF NOT EXISTS order_recounts
(
    minute  DateTime64(0, 'UTC'),
    changes Int64
)
ENGINE = Null;

-- Takes off the changes that a count covers, after its sums are in.
CREATE MATERIALIZED VIEW IF NOT EXISTS order_changes_counted TO order_changes AS
SELECT minute, -counted AS changes
FROM order_sums
WHERE counted != 0;

-- What schedules counting holds nothing, and so is made anew below, after what it sets going.
DROP VIEW IF EXISTS order_recount;
DROP VIEW IF EXISTS order_sums_counted;

-- Counts minutes: the difference of what their rows say and what the sums say, and last of all, so that they never
-- come before their sums, the changes that are covered. It reads the rows after it was given the minutes, and so sees
-- every row of the changes that it covers. One thread does it with the least work; nobody waits.
CREATE MATERIALIZED VIEW IF NOT EXISTS order_sums_counted TO order_sums AS
SELECT minute, status, product_name, orders, quantity, revenue, counted
FROM order_recounts
INNER JOIN
(
    SELECT
        minute,
        status,
        product_name,
        sum(one) AS orders,
        sum(pieces) AS quantity,
        sum(price) AS revenue,
        sum(changes) AS counted
    FROM
    (
        SELECT
            toStartOfMinute(toStartOfSecond(created_at)) AS minute,
            status,
            product_name,
            toInt64(count()) AS one,
            sum(orders_rows.quantity) AS pieces,
            sum(orders_rows.total_price) AS price,
            toInt64(0) AS changes
        FROM orders_rows FINAL
        WHERE toStartOfMinute(toStartOfSecond(created_at)) IN (SELECT minute FROM order_recounts)
        GROUP BY minute, status, product_name
        UNION ALL
        SELECT minute, status, product_name, -orders, -quantity, -revenue, 0
        FROM order_sums
        WHERE minute IN (SELECT minute FROM order_recounts)
        UNION ALL
        SELECT minute, '', '', 0, 0, 0, changes
        FROM order_recounts
    )
    GROUP BY minute, status, product_name
    HAVING orders != 0 OR quantity != 0 OR revenue != 0 OR counted != 0
) AS difference USING (minute)
ORDER BY counted
SETTINGS enable_extended_results_for_datetime_functions = 1, max_threads = 1;

-- Counts the changes of every inserted block.
CREATE MATERIALIZED VIEW IF NOT EXISTS order_changes_arriving TO order_changes AS
SELECT toStartOfMinute(toStartOfSecond(created_at)) AS minute, count() AS changes
FROM orders_rows
GROUP BY minute
SETTINGS enable_extended_results_for_datetime_functions = 1;

-- Rows that were here before these tables. Once something is counted, this does nothing; so it comes before what counts.
INSERT INTO order_changes
SELECT toStartOfMinute(toStartOfSecond(created_at)) AS minute, count() AS changes
FROM orders_rows
WHERE (SELECT count() FROM order_sums) = 0
GROUP BY minute
SETTINGS enable_extended_results_for_datetime_functions = 1;

-- Every second, the changed minutes whose counting reads 200,000 orders or little more, those with most changes first.
-- And a minute of more than 50,000 orders only every second, third … second. So counting never takes more than a fraction
-- of a core: under a load that changes more than that, the numbers come a few seconds later.
CREATE MATERIALIZED VIEW IF NOT EXISTS order_recount
REFRESH EVERY 1 SECOND APPEND TO order_recounts AS
WITH
    changed AS
    (
        SELECT minute, sum(order_changes.changes) AS changes
        FROM order_changes
        GROUP BY minute
        HAVING changes != 0
    ),
    sized AS
    (
        SELECT minute, changes, changes + counted.orders AS size
        FROM changed
        LEFT JOIN
        (
            SELECT minute, sum(order_sums.orders) AS orders
            FROM order_sums
            WHERE minute IN (SELECT minute FROM changed)
            GROUP BY minute
        ) AS counted USING (minute)
    ),
    queued AS
    (
        SELECT
            minute,
            changes,
            sum(size) OVER (ORDER BY changes DESC, minute DESC ROWS UNBOUNDED PRECEDING) - size AS ahead
        FROM sized
        WHERE (toUnixTimestamp(now()) + toMinute(minute)) % (1 + intDiv(size, 50000)) = 0
    )
SELECT minute, changes
FROM queued
WHERE ahead < 200000
LIMIT 20000
SETTINGS log_queries = 0;

CREATE OR REPLACE VIEW orders_per_minute AS
SELECT minute, sum(order_sums.orders) AS orders, sum(order_sums.revenue) AS revenue
FROM order_sums
GROUP BY minute
HAVING orders != 0;

CREATE OR REPLACE VIEW orders_by_status AS
SELECT status, sum(order_sums.orders) AS orders, sum(order_sums.revenue) AS revenue
FROM order_sums
GROUP BY status
HAVING orders != 0;

CREATE OR REPLACE VIEW orders_by_product AS
SELECT
    product_name,
    sum(order_sums.orders) AS orders,
    sum(order_sums.quantity) AS quantity,
    sum(order_sums.revenue) AS revenue
FROM order_sums
GROUP BY product_name
HAVING orders != 0;

-- The ten products with the largest revenue, the largest first.
CREATE OR REPLACE VIEW top_products AS
SELECT product_name, orders, quantity, revenue
FROM orders_by_product
ORDER BY revenue DESC, product_name
LIMIT 10;

-- All orders, in one row.
CREATE OR REPLACE VIEW order_totals AS
SELECT sum(order_sums.orders) AS orders, sum(order_sums.revenue) AS revenue
FROM order_sums;

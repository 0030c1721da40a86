-- Every version of every row. The newest _version of a key wins; _is_deleted marks a row as gone.
--
-- The key is (created_at, order_id), newest first, and not order_id alone:
--   * "the latest ten" reads the head of every part and stops, however large the table is. FINAL reads in the order of
--     the key, and only forwards, so the key itself has to descend.
--   * a minute's orders lie side by side, which is what keeps the numbers in orders_analytics.sql cheap.
--   * the partition follows from the key, so FINAL never has to look for a row in two partitions.
-- The price: whoever writes an update that changes created_at also writes a tombstone with the row's old values (the
-- sync job does, for any change of the partitioning column, with a version just below the new row's). created_at is
-- never changed by the platform itself.
--
-- The index finds orders by order_id, which grows with created_at. Small granules, because most reads want a few rows.
-- Small inserts arrive several times a second: what merges leave behind is removed after a minute, not after eight; a
-- month in which nothing happens any more becomes one part, which FINAL reads as fast as a plain table. And small parts
-- are merged several at a time: by default all but one would be left out beside a part of some ten thousand rows, which
-- would then be written anew for every insert (seen: twice the processor time, at 1,000 changes a second).
CREATE TABLE IF NOT EXISTS orders_rows
(
    order_id     Int64,
    user_id      Int64,
    product_name String,
    quantity     Int32,
    total_price  Decimal(12, 2),
    status       String,
    created_at   DateTime64(6, 'UTC'),
    _version     UInt64,
    _is_deleted  UInt8,
    _topic_time  DateTime64(3, 'UTC'),
    _ingested_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX order_ids order_id TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(_version, _is_deleted)
PARTITION BY toYYYYMM(created_at)
ORDER BY (created_at DESC, order_id)
SETTINGS
    allow_experimental_reverse_key = 1,
    index_granularity = 1024,
    old_parts_lifetime = 60,
    merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0,
    min_age_to_force_merge_seconds = 3600,
    min_age_to_force_merge_on_partition_only = 1;

-- Each order once, in the newest state, without the deleted ones. Small blocks, because "the latest ten" reads one
-- block of every part.
CREATE OR REPLACE VIEW orders_realtime AS
SELECT order_id, user_id, product_name, quantity, total_price, status, created_at
FROM orders_rows FINAL
SETTINGS max_block_size = 1024;

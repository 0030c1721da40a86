-- Every version of every row. The newest _version of a key wins; _is_deleted marks a row as gone.
-- Small inserts arrive about every 50 ms: what merges leave behind is removed after a minute, not after eight.
CREATE TABLE IF NOT EXISTS order_items_rows
(
    item_id      Int64,
    order_id     Int64,
    product_id   Int64,
    quantity     Int32,
    unit_price   Decimal(12, 2),
    _version     UInt64,
    _is_deleted  UInt8,
    _topic_time  DateTime64(3, 'UTC'),
    _ingested_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(_version, _is_deleted)
ORDER BY item_id
SETTINGS old_parts_lifetime = 60, merge_selector_enable_heuristic_to_remove_small_parts_at_right = 0;

-- Each item once, in the newest state, without the deleted ones.
CREATE OR REPLACE VIEW order_items_realtime AS
SELECT item_id, order_id, product_id, quantity, unit_price
FROM order_items_rows FINAL;

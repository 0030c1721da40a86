-- Every version of every row. The newest _version of a key wins; _is_deleted marks a row as gone.
-- Small inserts arrive about every 50 ms: what merges leave behind is removed after a minute, not after eight.
CREATE TABLE IF NOT EXISTS users_rows
(
    user_id      Int64,
    name         String,
    email        String,
    created_at   DateTime64(6, 'UTC'),
    _version     UInt64,
    _is_deleted  UInt8,
    _topic_time  DateTime64(3, 'UTC'),
    _ingested_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(_version, _is_deleted)
ORDER BY user_id
SETTINGS old_parts_lifetime = 60;

-- Each user once, in the newest state, without the deleted ones.
CREATE OR REPLACE VIEW users_realtime AS
SELECT user_id, name, email, created_at
FROM users_rows FINAL;

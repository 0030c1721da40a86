-- Every version of every heartbeat. The _version of a beat is its place in the binlog: what came before it in the source
-- has a smaller version. Small inserts arrive all the time: what merges leave behind is removed after a minute.
CREATE TABLE IF NOT EXISTS heartbeats_rows
(
    slot         Int16,
    beat         Int64,
    server_uuid  String,
    beaten_at    DateTime64(6, 'UTC'),
    _version     UInt64,
    _is_deleted  UInt8,
    _topic_time  DateTime64(3, 'UTC'),
    _ingested_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(_version, _is_deleted)
ORDER BY slot
SETTINGS old_parts_lifetime = 60;

-- The last hour's heartbeats. The newest tells how far the warehouse has come: lag is now minus its beaten_at.
CREATE OR REPLACE VIEW heartbeats_realtime AS
SELECT slot, beat, server_uuid, beaten_at
FROM heartbeats_rows FINAL;

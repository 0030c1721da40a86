-- MySQL's own scheduler beats, so no process has to. Beats count up by one without gaps; where one fails (two at a time
-- on a machine that stood still), the next second's takes its number.
CREATE EVENT IF NOT EXISTS heartbeat
  ON SCHEDULE EVERY 1 SECOND
  DO
    INSERT INTO heartbeats (slot, beat, server_uuid, beaten_at)
    SELECT next.beat % 3600, next.beat, @@server_uuid, UTC_TIMESTAMP(6)
    FROM (SELECT COALESCE(MAX(beat), 0) + 1 AS beat FROM heartbeats) AS next
    ON DUPLICATE KEY UPDATE beat = next.beat, server_uuid = @@server_uuid, beaten_at = UTC_TIMESTAMP(6);

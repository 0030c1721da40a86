-- The last hour's heartbeats, one a second, in a ring of 3,600 slots. Not business data: it tells how far the warehouse
-- has come, also while nobody writes anything else, and brackets what `make verify` reads by places in the binlog.
CREATE TABLE IF NOT EXISTS heartbeats (
  slot SMALLINT NOT NULL,
  beat BIGINT NOT NULL,
  server_uuid CHAR(36) NOT NULL,
  beaten_at DATETIME(6) NOT NULL,
  PRIMARY KEY (slot),
  UNIQUE KEY heartbeats_beat (beat)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;

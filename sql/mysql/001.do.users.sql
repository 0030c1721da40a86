-- One statement per file: MySQL commits each by itself, so a file either happened or did not. IF NOT EXISTS, because
-- a run may be cut off between a statement and the note that it was made.
--
-- Text compares exactly (case, accents, trailing spaces), here and in every table: the warehouse knows no collations.
-- Times are UTC whatever the session's zone is, and are never updated.
CREATE TABLE IF NOT EXISTS users (
  user_id BIGINT NOT NULL AUTO_INCREMENT,
  name VARCHAR(255) NOT NULL,
  email VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
  PRIMARY KEY (user_id),
  UNIQUE KEY users_email (email),
  CONSTRAINT users_email_has_at CHECK (email LIKE '%_@_%')
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;

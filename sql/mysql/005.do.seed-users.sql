-- Users 1 to 1000, so that orders can be placed at once. IGNORE: see 001 about a run that is cut off.
INSERT IGNORE INTO users (user_id, name, email)
WITH RECURSIVE numbers (n) AS (
  SELECT 1
  UNION ALL
  SELECT n + 1 FROM numbers WHERE n < 1000
)
SELECT n, CONCAT('User ', n), CONCAT('user', n, '@example.com') FROM numbers;

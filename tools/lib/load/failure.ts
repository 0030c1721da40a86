/** Codes of MySQL that say "not now": it shuts down, is full, or another transaction was in the way. */
const passing = new Set([
  "ER_CON_COUNT_ERROR",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_NET_READ_INTERRUPTED",
  "ER_NORMAL_SHUTDOWN",
  "ER_QUERY_INTERRUPTED",
  "ER_SERVER_SHUTDOWN",
  "ER_SERVER_OFFLINE_MODE",
]);

/**
 * Whether an error of mysql2 may be gone at the next try: the connection broke or could not be made, or the server
 * cannot serve just now. What the server refuses for good (a missing table, a wrong password) is not. Pure.
 */
export function mayPass(error: unknown): boolean {
  const { code, sqlState, fatal } = error as { code?: string; sqlState?: string; fatal?: boolean };
  if (code === undefined) return fatal === true;
  // Only the server gives a state; without it, the connection is what failed.
  return sqlState === undefined || passing.has(code);
}

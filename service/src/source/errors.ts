/** What MySQL's errors mean. They come from the driver, as they are or wrapped by TypeORM. */

interface DriverError {
  /** e.g. `ECONNREFUSED`, `ER_DUP_ENTRY`. */
  readonly code: string;
  readonly message: string;
  /** The connection cannot be used any more. */
  readonly fatal: boolean;
}

/** The server, or the way to it, is away or asks for patience; the request is not to blame. */
const awayCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ER_CON_COUNT_ERROR",
  "ER_NORMAL_SHUTDOWN",
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_QUERY_INTERRUPTED",
  "ER_SERVER_SHUTDOWN",
]);

/** Another transaction was in the way, and this one was rolled back. */
const repeatCodes = new Set(["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT"]);

/** mysql2 gives these no code. */
const awayMessages =
  /^(Queue limit reached\.|Pool is closed\.|Can't add new command when connection is in closed state)/;

export function isUnavailable(error: unknown): boolean {
  const driver = driverError(error);
  return awayCodes.has(driver.code) || awayMessages.test(driver.message) || driver.fatal;
}

/** The connection is lost, or in the middle of an answer that nobody reads. */
export function isBroken(error: unknown): boolean {
  const driver = driverError(error);
  return driver.fatal || driver.code === "PROTOCOL_SEQUENCE_TIMEOUT" || /closed state/.test(driver.message);
}

export function isWorthRepeating(error: unknown): boolean {
  return repeatCodes.has(driverError(error).code);
}

/** Whether a row's unique key is taken. */
export function isDuplicate(error: unknown): boolean {
  return driverError(error).code === "ER_DUP_ENTRY";
}

/** Whether a row refers to one that is not there, by the name of the foreign key. */
export function violatesForeignKey(error: unknown, constraint: string): boolean {
  const { code, message } = driverError(error);
  return code === "ER_NO_REFERENCED_ROW_2" && message.includes(`CONSTRAINT \`${constraint}\``);
}

/** Short, for people: the driver's code if there is one. */
export function reasonOf(error: unknown): string {
  const { code, message } = driverError(error);
  return code || message;
}

function driverError(error: unknown): DriverError {
  const inner = error instanceof Error && "driverError" in error ? error.driverError : error;
  const { code, message, fatal } = (inner ?? {}) as Partial<DriverError>;
  return { code: code ?? "", message: message ?? "", fatal: fatal === true };
}

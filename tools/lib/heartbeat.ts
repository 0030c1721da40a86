import type { ClickHouseClient } from "@clickhouse/client";
import { heartbeats, rowsTableOf } from "../../components/tables";

/** What the newest heartbeat in the warehouse tells. */
export interface Heartbeat {
  /** Its age by the warehouse's clock. Milliseconds; null before the first. */
  readonly lag: number | null;
  /** Number of the binlog file it stood in; null before the first. */
  readonly file: number | null;
}

/** Bits of a version: the place in the file, then the file's number. */
const query = `SELECT
    if(count() = 0, NULL, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(max(beaten_at))) AS lag,
    if(count() = 0, NULL, bitAnd(bitShiftRight(max(_version), 32), bitShiftLeft(1, 20) - 1)) AS file
  FROM ${rowsTableOf(heartbeats)} SETTINGS output_format_json_quote_64bit_integers = 0`;

/** Asks the warehouse for its newest heartbeat. */
export async function readHeartbeat(warehouse: ClickHouseClient): Promise<Heartbeat> {
  const [row] = await (await warehouse.query({ query, format: "JSONEachRow" })).json<Heartbeat>();
  return row ?? { lag: null, file: null };
}

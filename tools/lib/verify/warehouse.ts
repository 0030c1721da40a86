import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { heartbeats, rowsTableOf } from "../../../components/tables";
import { Problem } from "../problem";
import { cellInWarehouse, hashInWarehouse, isTextInWarehouse, sumInWarehouse, type Column } from "./columns";
import { emptySum, type KeyRange, type Sum } from "./chunks";
import type { WarehouseRow } from "./judge";
import type { Beat, VerifiedTable } from "./source";

/** How to reach the warehouse. */
export interface WarehouseAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A chunk of the warehouse, as far as it is not newer than the source's read. */
export interface WarehouseChunk {
  readonly sum: Sum;
  /** Keys with a newer version: their rows are not in the sum. */
  readonly overtaken: readonly bigint[];
}

/** How long one query may take; milliseconds. */
const patience = 300_000;

/** Reads the warehouse as verify needs it. */
export class Warehouse {
  private readonly client: ClickHouseClient;

  constructor({ url, user, password, database }: WarehouseAccess) {
    this.client = createClient({
      ...{ url, username: user, password, database },
      request_timeout: patience,
      log: { level: ClickHouseLogLevel.ERROR },
      clickhouse_settings: {
        max_query_size: "100000000",
        max_threads: 2,
        output_format_json_quote_64bit_integers: 1,
        // Minutes as orders_analytics.sql counts them, also before 1970 and beyond 2106.
        enable_extended_results_for_datetime_functions: 1,
      },
    });
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** Rows as arrays of texts. */
  async select(query: string): Promise<(string | null)[][]> {
    const answer = await this.client.query({ query, format: "JSONCompactEachRow" });
    const rows = await answer.json<(string | number | null)[]>();
    return rows.map((row) => row.map((cell) => (cell === null ? null : String(cell))));
  }

  /**
   * Whether it has a column of its own for each of the source's, of a type that holds every value as it is.
   *
   * @throws Problem naming each column that is missing, or that holds other values than the source's
   */
  async requireColumns({ spec, columns }: VerifiedTable): Promise<void> {
    const table = rowsTableOf(spec);
    const rows = await this.select(
      `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}'`,
    );
    const problems = unfitColumns(columns, new Map(rows.map(([name, type]) => [name!, type!])));
    if (problems.length === 0) return;
    throw new Problem(
      `verify cannot compare table ${spec.table} with ${table}: ${problems.join(", ")}`,
      `Change the table's columns in ClickHouse (and sql/clickhouse/${spec.table}.sql), or leave the table out with --table.`,
    );
  }

  /** The places of a heartbeat and of the one after it, when both have arrived. */
  async placesOf(beat: Beat): Promise<Places | undefined> {
    const rows = await this.select(
      `SELECT beat, server_uuid, toString(beaten_at), _version FROM ${rowsTableOf(heartbeats)}
       WHERE beat IN (${beat.number}, ${beat.number + 1n})`,
    );
    return choosePlaces(
      beat,
      rows.map(([number, server, at, version]) => ({
        number: BigInt(number!),
        server: server!,
        at: at!,
        version: BigInt(version!),
      })),
    );
  }

  /**
   * A range in chunks, by the chunk's index; a chunk without rows is missing.
   *
   * @param place rows of newer versions are left out, and listed
   */
  async chunks(
    { spec, key, columns }: VerifiedTable,
    range: KeyRange,
    width: bigint,
    place: bigint,
  ): Promise<Map<number, WarehouseChunk>> {
    const table = rowsTableOf(spec);
    const number = key.inWarehouse;
    const chunk = chunkInWarehouse(number, range, width);
    const where = `${number} BETWEEN ${range.from} AND ${range.to}`;
    const settled = `_version <= ${place}`;
    // Without names: one could be that of a column.
    const rows = await this.select(
      `SELECT ${chunk}, countIf(${settled}), ${sumInWarehouse(columns, settled)}, ''
       FROM ${table} FINAL WHERE ${where} GROUP BY 1
       UNION ALL
       SELECT ${chunk}, 0, '', arrayStringConcat(arrayMap(k -> toString(k), groupUniqArray(${number})), ',')
       FROM ${table} WHERE ${where} AND _version > ${place} GROUP BY 1`,
    );
    const chunks = new Map<number, WarehouseChunk>();
    for (const [index, count, hash, overtaken] of rows) {
      const known = chunks.get(Number(index)) ?? { sum: emptySum, overtaken: [] };
      chunks.set(
        Number(index),
        overtaken
          ? { ...known, overtaken: overtaken.split(",").map(BigInt) }
          : { ...known, sum: { rows: Number(count), hash: (hash ?? "").padStart(64, "0") } },
      );
    }
    return chunks;
  }

  /** The key of the last of `size` keys of a range; undefined if there are not that many. */
  async endOf({ spec, key }: VerifiedTable, range: KeyRange, size: number): Promise<bigint | undefined> {
    const [[end] = []] = await this.select(
      `SELECT DISTINCT ${key.inWarehouse} FROM ${rowsTableOf(spec)}
       WHERE ${key.inWarehouse} BETWEEN ${range.from} AND ${range.to}
       ORDER BY ${key.inWarehouse} LIMIT 1 OFFSET ${size - 1}`,
    );
    return end ? BigInt(end) : undefined;
  }

  /** The hashes of each row that is shown, by key: normally one of each. */
  async hashes(
    { spec, key, columns }: VerifiedTable,
    { from, to }: KeyRange,
  ): Promise<Map<bigint, string[]>> {
    const rows = await this.select(
      `SELECT ${key.inWarehouse}, ${hashInWarehouse(columns)} FROM ${rowsTableOf(spec)} FINAL
       WHERE ${key.inWarehouse} BETWEEN ${from} AND ${to}`,
    );
    const hashes = new Map<bigint, string[]>();
    for (const [one, hash] of rows) hashes.set(BigInt(one!), [...(hashes.get(BigInt(one!)) ?? []), hash!]);
    return hashes;
  }

  /** What is shown under each key. */
  async shown(
    { spec, key, columns }: VerifiedTable,
    keys: readonly bigint[],
  ): Promise<Map<bigint, WarehouseRow[]>> {
    const cells = columns.map(cellInWarehouse).join(", ");
    const rows = await this.select(
      `SELECT ${key.inWarehouse}, _version, ${isTextInWarehouse(columns)}, ${cells} FROM ${rowsTableOf(spec)} FINAL
       WHERE ${oneOf(key.inWarehouse, keys)}`,
    );
    const shown = new Map<bigint, WarehouseRow[]>();
    for (const [one, version, isText, ...row] of rows) {
      const under = shown.get(BigInt(one!)) ?? [];
      under.push({ version: BigInt(version!), row, garbled: isText === "0" });
      shown.set(BigInt(one!), under);
    }
    return shown;
  }

  /** The newest version of each key, be it a row or a tombstone. */
  async newest({ spec, key }: VerifiedTable, keys: readonly bigint[]): Promise<Map<bigint, bigint>> {
    const rows = await this.select(
      `SELECT ${key.inWarehouse}, max(_version) FROM ${rowsTableOf(spec)}
       WHERE ${oneOf(key.inWarehouse, keys)} GROUP BY ${key.inWarehouse}`,
    );
    return new Map(rows.map(([one, version]) => [BigInt(one!), BigInt(version!)]));
  }
}

/** Where a heartbeat and the one after it stand in the binlog. */
export interface Places {
  readonly from: bigint;
  readonly to: bigint;
}

/** A heartbeat as the warehouse has it. */
type PlacedBeat = Beat & { readonly version: bigint };

/**
 * The places of a heartbeat and of the one after it, among rows that may have their numbers from an earlier count: those
 * stand before it in the binlog. What a snapshot wrote again stands behind the heartbeat's own place. Pure.
 */
export function choosePlaces(beat: Beat, rows: readonly PlacedBeat[]): Places | undefined {
  const isIt = ({ number, server, at }: Beat) =>
    number === beat.number && server === beat.server && at === beat.at;
  const from = leastVersion(rows.filter(isIt));
  if (from === undefined) return undefined;
  const to = leastVersion(
    rows.filter(({ number, version }) => number === beat.number + 1n && version >= from),
  );
  return to === undefined ? undefined : { from, to };
}

function leastVersion(rows: readonly PlacedBeat[]): bigint | undefined {
  return rows.map(({ version }) => version).sort((one, other) => (one < other ? -1 : 1))[0];
}

/** What keeps columns of the source from being compared with the warehouse's, by name and type. Pure. */
export function unfitColumns(columns: readonly Column[], types: ReadonlyMap<string, string>): string[] {
  return columns.flatMap(({ name, scale }) => {
    const type = types.get(name);
    if (type === undefined) return [`${name} is missing`];
    if (/FixedString/.test(type)) return [`${name} ${type} pads its values`];
    if (/Float/.test(type)) return [`${name} ${type} rounds its values`];
    // Of a larger scale, what MySQL's text has no room for would be cut off before it is compared.
    if (scale !== undefined && (scaleOf(type) ?? scale) !== scale)
      return [`${name} ${type} has another number of digits after the point than MySQL's ${scale}`];
    return [];
  });
}

/** Digits after the point, where a type has any. */
function scaleOf(type: string): number | undefined {
  const [, digits] = /(?:Decimal\(\d+, |DateTime64\()(\d+)/.exec(type) ?? [];
  if (digits !== undefined) return Number(digits);
  return type.includes("DateTime") ? 0 : undefined;
}

/** As a set and not as a list of literals, of which a query may have no more than 50,000. */
function oneOf(key: string, keys: readonly bigint[]): string {
  const type = keys.some((one) => one > 2n ** 63n - 1n) ? "toUInt64" : "toInt64";
  return `${key} IN (SELECT arrayJoin(arrayMap(k -> ${type}(k), splitByChar(',', '${keys.join()}'))))`;
}

/** The index of a row's chunk. ClickHouse's difference of two 64-bit numbers has 64 bits too, which a wide range exceeds. Pure. */
export function chunkInWarehouse(key: string, { from, to }: KeyRange, width: bigint): string {
  if (width > to - from) return "0";
  if (to - from < 2n ** 63n) return `intDiv(${key} - (${from}), ${width})`;
  return `intDiv(toInt128(${key}) - toInt128('${from}'), toInt128('${width}'))`;
}

import { setTimeout as sleep } from "node:timers/promises";
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise";
import { heartbeats, type TableSpec } from "../../../components/tables";
import { messageOf, Problem } from "../problem";
import type { SourceAccess } from "../source";
import { comparable, hashInSource, sumInSource, type Column, type Row, type SourceColumn } from "./columns";
import { emptySum, inParts, together, type KeyRange, type Sum } from "./chunks";
import { hashedKey, orderedKey, type Key } from "./keys";

/**
 * A heartbeat, as MySQL has it. Its number alone does not name it: a table that was emptied, or a source that was restored,
 * counts the same numbers again.
 */
export interface Beat {
  readonly number: bigint;
  readonly server: string;
  readonly at: string;
}

/** A table that can be compared: its columns' text can be written by both servers. */
export interface VerifiedTable {
  readonly spec: TableSpec;
  readonly key: Key;
  readonly columns: readonly Column[];
}

/** Types of a key that is a number by itself. */
const wholeNumbers = new Set(["tinyint", "smallint", "mediumint", "int", "bigint"]);

/** Between two looks for a new heartbeat; milliseconds. */
const beatPause = 50;

/** How long MySQL may go without a heartbeat; milliseconds. */
const beatPatience = 10_000;

/** Keys in one statement. */
const keysAtOnce = 2_000;

async function connect({ host, port, user, password, database }: SourceAccess): Promise<Connection> {
  const connection = await mysql
    .createConnection({
      ...{ host, port, user, password, database },
      connectTimeout: 10_000,
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      rowsAsArray: true,
      // DECIMAL and the rest as MySQL writes them.
      typeCast: (field, next) => (field.type === "BLOB" ? next() : field.string()),
    })
    .catch((cause: unknown) => {
      throw new Problem(
        `MySQL at ${host}:${port} cannot be reached: ${messageOf(cause)}`,
        "`make status` shows what is wrong, and `make up` brings back what is down.",
        { cause },
      );
    });
  try {
    await execute(
      connection,
      "SET SESSION time_zone = '+00:00', transaction_isolation = 'REPEATABLE-READ', innodb_lock_wait_timeout = 5",
    );
  } catch (error) {
    hangUp(connection);
    throw error;
  }
  return connection;
}

/** Ends a connection that has only read. Saying goodbye would wait for ever where MySQL answers nothing any more. */
function hangUp(connection: Connection): void {
  connection.destroy();
}

/** No query takes as long, unless MySQL answers nothing any more. Milliseconds. */
const queryPatience = 10 * 60_000;

async function select(connection: Connection, sql: string): Promise<(string | null)[][]> {
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, timeout: queryPatience });
  return rows as unknown as (string | null)[][];
}

/** Runs a statement that gives no rows and takes MySQL no time. */
async function execute(connection: Connection, sql: string): Promise<void> {
  await connection.query({ sql, timeout: beatPatience });
}

/** What verify needs to know of the source before it reads rows. */
export interface SourceFacts {
  /** The binlog file that is written now: its name's form. */
  readonly binlogFile: string;
  readonly tables: readonly VerifiedTable[];
}

/**
 * Looks at the source.
 *
 * @throws Problem if its commits do not follow the binlog's order, or a table cannot be compared
 */
export async function examineSource(access: SourceAccess, specs: readonly TableSpec[]): Promise<SourceFacts> {
  const connection = await connect(access);
  try {
    const [[ordered] = []] = await select(connection, "SELECT @@binlog_order_commits");
    if (ordered !== "1") {
      throw new Problem(
        "MySQL commits in another order than its binlog has, so no read of it has a place in the binlog",
        "Set binlog_order_commits=ON.",
      );
    }
    const { file: binlogFile } = await binlogEndOn(connection);
    const tables = [];
    for (const spec of specs) tables.push(await describe(connection, access.database, spec));
    return { binlogFile, tables };
  } finally {
    hangUp(connection);
  }
}

/** Where the next event will stand in the binlog. */
export interface BinlogEnd {
  readonly file: string;
  readonly pos: number;
}

/** The end of the binlog as it is now: all that a replica may have been sent is before it. */
export async function binlogEnd(access: SourceAccess): Promise<BinlogEnd> {
  const connection = await connect(access);
  try {
    return await binlogEndOn(connection);
  } finally {
    hangUp(connection);
  }
}

async function binlogEndOn(connection: Connection): Promise<BinlogEnd> {
  const [[file, pos] = []] = await select(connection, "SHOW BINARY LOG STATUS");
  if (!file || !pos) throw new Problem("MySQL has no binlog", "Set log_bin.");
  return { file, pos: Number(pos) };
}

async function primaryKeyOf(connection: Connection, database: string, table: string): Promise<string[]> {
  const rows = await select(
    connection,
    `SELECT column_name FROM information_schema.statistics
     WHERE table_schema = '${database}' AND table_name = '${table}' AND index_name = 'PRIMARY'
     ORDER BY seq_in_index`,
  );
  return rows.map(([name]) => name ?? "");
}

async function describe(connection: Connection, database: string, spec: TableSpec): Promise<VerifiedTable> {
  const rows = await select(
    connection,
    `SELECT column_name, data_type, column_type, character_set_name FROM information_schema.columns
     WHERE table_schema = '${database}' AND table_name = '${spec.table}' ORDER BY ordinal_position`,
  );
  const columns = rows.map(([name, dataType, columnType, characterSet = null]): SourceColumn => ({
    name: name ?? "",
    dataType: dataType ?? "",
    columnType: columnType ?? "",
    characterSet,
  }));
  if (columns.length === 0)
    throw new Problem(`MySQL has no table ${spec.table}`, "Bring the stack up: `make up`.");
  const known = comparable(spec.table, columns);
  const primary = await primaryKeyOf(connection, database, spec.table);
  // What holds it whole is as good.
  if (primary.length === 0 || !primary.every((name) => spec.key.includes(name))) {
    throw new Problem(
      `MySQL's table ${spec.table} has the primary key (${primary.join(", ")}), so (${spec.key.join(", ")}) does not tell its rows apart`,
      "Give the table that key, or correct it in components/tables.ts.",
    );
  }
  const ofKey = spec.key.map((name) => {
    const column = known.find((one) => one.name === name);
    if (column) return column;
    throw new Problem(
      `MySQL's table ${spec.table} has no column ${name}, which components/tables.ts names as its key`,
      "Correct the key there.",
    );
  });
  const [first, ...others] = ofKey;
  const type = columns.find(({ name }) => name === first!.name)!.dataType;
  const ordered = others.length === 0 && wholeNumbers.has(type);
  return { spec, key: ordered ? orderedKey(first!) : hashedKey(ofKey), columns: known };
}

/**
 * A consistent read of the source, without a lock and without a right beyond SELECT. It holds all transactions up to its
 * newest heartbeat and none after the next one, because MySQL commits in the order of the binlog.
 */
export class Snapshot {
  private constructor(
    private readonly connection: Connection,
    /** The newest heartbeat in it. */
    readonly beat: Beat,
  ) {}

  /**
   * Opens one. The caller closes it.
   *
   * @param after its newest heartbeat shall be a later one
   * @throws Problem if MySQL has stopped beating
   */
  static async open(access: SourceAccess, signal: AbortSignal, after = 0n): Promise<Snapshot> {
    const connection = await connect(access);
    try {
      const deadline = Date.now() + beatPatience;
      for (;;) {
        await execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        const beat = await newestBeatOn(connection);
        if (beat.number > after) return new Snapshot(connection, beat);
        await execute(connection, "ROLLBACK");
        if (Date.now() > deadline) throw noBeat(after);
        await sleep(beatPause, undefined, { signal });
      }
    } catch (error) {
      hangUp(connection);
      throw error;
    }
  }

  close(): void {
    hangUp(this.connection);
  }

  /** The smallest and the largest key; undefined in an empty table. */
  async bounds({ spec, key }: VerifiedTable): Promise<KeyRange | undefined> {
    const [[from, to] = []] = await select(
      this.connection,
      `SELECT MIN(${key.inSource}), MAX(${key.inSource}) FROM ${spec.table}`,
    );
    return from && to ? { from: BigInt(from), to: BigInt(to) } : undefined;
  }

  /** The key of the last of `size` rows from a key on; undefined if there are not that many. */
  async endOf({ spec, key }: VerifiedTable, from: bigint, size: number): Promise<bigint | undefined> {
    const [[end] = []] = await select(
      this.connection,
      `SELECT ${key.inSource} FROM ${spec.table} WHERE ${key.inSource} >= ${from}
       ORDER BY ${key.inSource} LIMIT 1 OFFSET ${size - 1}`,
    );
    return end ? BigInt(end) : undefined;
  }

  /**
   * How many orders there are, of how many pieces and for how much, by minute, status and product.
   *
   * @param minutes a condition on `created_at`
   */
  async orderSums(minutes: string): Promise<(string | null)[][]> {
    return select(
      this.connection,
      `SELECT DATE_FORMAT(created_at, '%Y-%m-%d %H:%i:00') AS m, status, product_name,
         COUNT(*), SUM(quantity), SUM(total_price)
       FROM orders FORCE INDEX (orders_newest) WHERE ${minutes} GROUP BY m, status, product_name`,
    );
  }

  /** The sum of a range. */
  async sum(table: VerifiedTable, { from, to }: KeyRange): Promise<Sum> {
    return this.sumWhere(table, `${table.key.inSource} BETWEEN ${from} AND ${to}`);
  }

  /** The sum of single rows. */
  async sumOf(table: VerifiedTable, keys: readonly bigint[]): Promise<Sum> {
    let total = emptySum;
    for (const part of inParts(keys, keysAtOnce)) {
      total = together(total, await this.sumWhere(table, `${table.key.inSource} IN (${part.join()})`));
    }
    return total;
  }

  private async sumWhere({ spec, columns }: VerifiedTable, where: string): Promise<Sum> {
    const [[rows, hash] = []] = await select(
      this.connection,
      `SELECT COUNT(*), ${sumInSource(columns)} FROM ${spec.table} WHERE ${where}`,
    );
    return rows && hash && rows !== "0" ? { rows: Number(rows), hash } : emptySum;
  }

  /** The hash of each row of a range, by key. */
  async hashes(
    { spec, key, columns }: VerifiedTable,
    { from, to }: KeyRange,
  ): Promise<Map<bigint, string[]>> {
    const rows = await select(
      this.connection,
      `SELECT ${key.inSource}, ${hashInSource(columns)} FROM ${spec.table}
       WHERE ${key.inSource} BETWEEN ${from} AND ${to}`,
    );
    return byKey(spec, rows as string[][]);
  }

  /** Single rows, by key. */
  async rows(table: VerifiedTable, keys: readonly bigint[]): Promise<Map<bigint, Row>> {
    const found = new Map<bigint, Row>();
    for (const part of inParts(keys, keysAtOnce)) {
      const rows = await this.rowsWhere(table, `${table.key.inSource} IN (${part.join()})`);
      for (const [key, row] of rows) found.set(key, row);
    }
    return found;
  }

  /** All rows of a range, by key. */
  async rowsOf(table: VerifiedTable, { from, to }: KeyRange): Promise<Map<bigint, Row>> {
    return this.rowsWhere(table, `${table.key.inSource} BETWEEN ${from} AND ${to}`);
  }

  private async rowsWhere({ spec, key, columns }: VerifiedTable, where: string): Promise<Map<bigint, Row>> {
    const cells = columns.map(({ inSource }) => inSource).join(", ");
    const rows = await select(
      this.connection,
      `SELECT ${key.inSource}, ${cells} FROM ${spec.table} WHERE ${where}`,
    );
    return byKey(spec, rows);
  }
}

/** Each row's cells by its key, which is the first of them. */
function byKey<Cell>({ table }: TableSpec, rows: readonly (readonly Cell[])[]): Map<bigint, Cell[]> {
  const found = new Map(rows.map(([key, ...row]) => [BigInt(String(key)), row]));
  if (found.size === rows.length) return found;
  throw new Problem(
    `two rows of table ${table} have the same key, or the same hash of it, so verify cannot tell them apart`,
    "Is it still the table's primary key? If so, leave the table out with --table.",
  );
}

/** The number of the newest heartbeat that is committed now. */
export async function newestBeat(access: SourceAccess): Promise<bigint> {
  const connection = await connect(access);
  try {
    return (await newestBeatOn(connection)).number;
  } finally {
    hangUp(connection);
  }
}

async function newestBeatOn(connection: Connection): Promise<Beat> {
  const [[number, server, at] = []] = await select(
    connection,
    `SELECT beat, server_uuid, beaten_at FROM ${heartbeats.table} ORDER BY beat DESC LIMIT 1`,
  );
  if (!number || !server || !at) throw noBeat(0n);
  return { number: BigInt(number), server, at };
}

function noBeat(after: bigint): Problem {
  return new Problem(
    `MySQL writes no heartbeat: the newest is number ${after}`,
    "SHOW EVENTS in MySQL must list `heartbeat` as enabled, and event_scheduler must be ON.",
  );
}

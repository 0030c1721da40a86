import { Problem } from "../problem";

/** A column of the source, as `information_schema` describes it. */
export interface SourceColumn {
  readonly name: string;
  /** `decimal`, without its arguments. */
  readonly dataType: string;
  /** `decimal(12,2) unsigned` */
  readonly columnType: string;
  readonly characterSet: string | null;
}

/**
 * A column that can be compared: how each server, and a change event, writes its values as one and the same text.
 * Two values are equal if and only if their texts are.
 */
export interface Column {
  readonly name: string;
  /** Whether other text may look like it, so that its length has to be told with it. */
  readonly free: boolean;
  /** Digits after the point of a decimal number, or of its seconds: the warehouse must have as many. */
  readonly scale?: number;
  /** SQL of the value's text in MySQL, in a session whose time zone is UTC. NULL stays NULL. */
  readonly inSource: string;
  /** SQL of the value's text in ClickHouse. */
  readonly inWarehouse: string;
  /** The value in a change event, as JSON, exactly as capture writes it. */
  readonly toEvent: (text: string) => string;
  /** The text of a value of a change event; numbers are given as they stand there. */
  readonly fromEvent: (value: string) => string;
}

type Kind = Omit<Column, "name">;

const same = (text: string) => text;

/**
 * The columns of a table. Pure.
 *
 * @throws Problem naming each column of a type that this cannot compare
 */
export function comparable(table: string, columns: readonly SourceColumn[]): Column[] {
  const known = columns.map((column) => ({ column, kind: kindOf(column) }));
  const unknown = known
    .filter(({ kind }) => !kind)
    .map(({ column }) => `${column.name} ${column.columnType}`);
  if (unknown.length > 0) {
    throw new Problem(
      `verify cannot compare these columns of table ${table}: ${unknown.join(", ")}`,
      "Teach it their text in tools/lib/verify/columns.ts, or leave the table out with --table.",
    );
  }
  return known.map(({ column, kind }) => ({ name: column.name, ...kind! }));
}

function kindOf({ name, dataType, columnType, characterSet }: SourceColumn): Kind | undefined {
  const mysql = `\`${name}\``;
  const scale = Number(/\((?:\d+,)?(\d+)\)/.exec(columnType)?.[1] ?? 0);
  switch (dataType) {
    case "tinyint":
    case "smallint":
    case "mediumint":
    case "int":
    case "bigint":
      return {
        free: false,
        // As numbers: ZEROFILL would put zeros in front, and ClickHouse's Bool has words.
        inSource: columnType.includes("zerofill") ? `(${mysql} + 0)` : mysql,
        inWarehouse: `toString(${mysql} + 0)`,
        toEvent: same,
        fromEvent: same,
      };
    case "decimal": {
      const digits = columnType.includes(",") ? scale : 0;
      return {
        free: false,
        scale: digits,
        inSource: mysql,
        inWarehouse: `toDecimalString(${mysql}, ${digits})`,
        toEvent: quoted,
        fromEvent: same,
      };
    }
    case "date":
      return {
        free: false,
        inSource: mysql,
        inWarehouse: `toString(${mysql})`,
        toEvent: quoted,
        fromEvent: same,
      };
    case "datetime":
    case "timestamp":
      return {
        free: false,
        scale,
        inSource: mysql,
        inWarehouse: `toString(toDateTime64(${mysql}, ${scale}, 'UTC'))`,
        toEvent: (text) => quoted(instantOf(text)),
        fromEvent: (value) => textOfInstant(value, scale),
      };
    case "time": {
      // Of a whole second capture writes no fraction, of any other six digits.
      const part = (form: string) => `TIME_FORMAT(${mysql}, '${form}')`;
      return {
        free: true,
        inSource: `IF(MICROSECOND(${mysql}) = 0, ${part("%H:%i:%s")}, ${part("%H:%i:%s.%f")})`,
        inWarehouse: mysql,
        toEvent: quoted,
        fromEvent: same,
      };
    }
    case "year":
      return {
        free: false,
        inSource: `CAST(${mysql} AS UNSIGNED)`,
        inWarehouse: `toString(${mysql})`,
        toEvent: same,
        fromEvent: same,
      };
    case "bit":
      // A single bit is a boolean in the events; of more, no server prints what the events have.
      return columnType === "bit(1)"
        ? {
            free: false,
            inSource: `(${mysql} + 0)`,
            inWarehouse: `toString(toUInt8(${mysql}))`,
            toEvent: (text) => String(text === "1"),
            fromEvent: (value) => (value === "true" ? "1" : "0"),
          }
        : undefined;
    case "binary":
    case "varbinary":
    case "tinyblob":
    case "blob":
    case "mediumblob":
    case "longblob":
      return {
        free: true,
        inSource: `REPLACE(TO_BASE64(${mysql}), '\\n', '')`,
        inWarehouse: mysql,
        toEvent: quoted,
        fromEvent: same,
      };
    case "json":
      return {
        free: true,
        inSource: `CAST(${mysql} AS CHAR CHARACTER SET utf8mb4)`,
        inWarehouse: mysql,
        toEvent: quoted,
        fromEvent: same,
      };
    case "char":
    case "varchar":
    case "tinytext":
    case "text":
    case "mediumtext":
    case "longtext":
    case "enum":
    case "set":
      return {
        free: true,
        inSource: characterSet === "utf8mb4" ? mysql : `CONVERT(${mysql} USING utf8mb4)`,
        // Of an Enum or a UUID, too.
        inWarehouse: `toString(${mysql})`,
        toEvent: quoted,
        fromEvent: same,
      };
    // FLOAT and DOUBLE among them: the servers print them in different ways.
    default:
      return undefined;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** `2025-01-11 10:30:00.120000` → `2025-01-11T10:30:00.120000Z`; a whole second has no fraction. Pure. */
export function instantOf(text: string): string {
  const [day, time = ""] = text.split(" ");
  const [seconds, fraction = ""] = time.split(".");
  return /[1-9]/.test(fraction) ? `${day}T${seconds}.${fraction.padEnd(6, "0")}Z` : `${day}T${seconds}Z`;
}

/** The inverse of `instantOf`, with as many digits as the column has. Pure. */
export function textOfInstant(instant: string, digits: number): string {
  const [whole = "", fraction = ""] = instant.replace("T", " ").replace("Z", "").split(".");
  return digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, "0").slice(0, digits)}`;
}

/** A row: the texts of its columns in their order, null for NULL. */
export type Row = readonly (string | null)[];

/**
 * SQL of one text of a whole row in MySQL; rows have the same text if and only if they are equal. A text column comes
 * with its length in bytes, so that nothing can look like the next column; NULL is the letter N, which no number is.
 */
export function rowTextInSource(columns: readonly Column[]): string {
  const cells = columns.map(({ inSource, free }) =>
    free ? `COALESCE(CONCAT(LENGTH(${inSource}), ':', ${inSource}), 'N')` : `COALESCE(${inSource}, 'N')`,
  );
  return `CONCAT_WS(',', ${cells.join(", ")})`;
}

/** The same text of a row that was read. Pure. */
export function rowText(columns: readonly Column[], row: Row): string {
  const cells = columns.map(({ free }, i) => {
    const cell = row[i] ?? null;
    if (cell === null) return "N";
    return free ? `${Buffer.byteLength(cell)}:${cell}` : cell;
  });
  return cells.join(",");
}

/** The same text in ClickHouse. */
export function rowTextInWarehouse(columns: readonly Column[]): string {
  const cells = columns.map(({ inWarehouse, free }) =>
    free
      ? `ifNull(concat(toString(length(${inWarehouse})), ':', ${inWarehouse}), 'N')`
      : `ifNull(${inWarehouse}, 'N')`,
  );
  return `concat(${cells.join(", ',', ")})`;
}

/**
 * SQL of a column's text in ClickHouse for people and for JSON, which has no place for bytes that are not UTF-8: they
 * would look like the sign that stands for them, and that sign may be what the source has.
 */
export function cellInWarehouse({ inWarehouse, free }: Column): string {
  return free
    ? `if(isValidUTF8(${inWarehouse}), ${inWarehouse}, concat('not UTF-8: ', hex(${inWarehouse})))`
    : inWarehouse;
}

/** SQL of whether all of a row's texts in ClickHouse are UTF-8: 1 or 0. */
export function isTextInWarehouse(columns: readonly Column[]): string {
  const checks = columns
    .filter(({ free }) => free)
    .map(({ inWarehouse }) => `isValidUTF8(ifNull(${inWarehouse}, ''))`);
  return ["1", ...checks].join(" AND ");
}

/**
 * SQL of a sum over rows in MySQL: the SHA-256 of each row's text, all combined by exclusive or. A changed byte changes
 * it, and changes in two rows do not make up for each other: the hash is not linear, and every text holds its key.
 */
export function sumInSource(columns: readonly Column[]): string {
  return `HEX(BIT_XOR(UNHEX(SHA2(${rowTextInSource(columns)}, 256))))`;
}

/** The same sum in ClickHouse, over the rows that meet a condition; without leading zeros. */
export function sumInWarehouse(columns: readonly Column[], condition: string): string {
  return `hex(groupBitXorIf(reinterpretAsUInt256(reverse(SHA256(${rowTextInWarehouse(columns)}))), ${condition}))`;
}

/** SQL of the start of a single row's hash, enough to tell that two rows differ. */
export function hashInSource(columns: readonly Column[]): string {
  return `LEFT(SHA2(${rowTextInSource(columns)}, 256), 32)`;
}

/** The same in ClickHouse. */
export function hashInWarehouse(columns: readonly Column[]): string {
  return `lower(substring(hex(SHA256(${rowTextInWarehouse(columns)})), 1, 32))`;
}

import { createHash } from "node:crypto";
import { rowText, rowTextInSource, rowTextInWarehouse, type Column, type Row } from "./columns";

/**
 * A table's primary key as verify works with it: as one whole number, on which MySQL, ClickHouse and a change event agree.
 *
 * A key of one whole-number column is its own number, and the source finds ranges of it by its index. For any other,
 * the first 64 bits of the SHA-256 of its text stand: they can be cut into ranges too, but each range costs both servers a
 * look at the whole table.
 */
export interface Key {
  /** Its columns, in the order that it has them. */
  readonly columns: readonly Column[];
  /** SQL of its number in MySQL. */
  readonly inSource: string;
  /** SQL of its number in ClickHouse. */
  readonly inWarehouse: string;
  /** Whether the number is the key itself. */
  readonly ordered: boolean;
  /** The number of a key with these values, which are in the order of `columns`. */
  readonly numberOf: (cells: readonly string[]) => bigint;
}

/** A table's key among its columns. */
export interface Keyed {
  readonly key: Key;
  readonly columns: readonly Column[];
}

/** Bytes and hexadecimal digits of a number that stands for a key. */
const hashBytes = 8;
const hashDigits = 2 * hashBytes;

/** The key of one whole-number column. Pure. */
export function orderedKey(column: Column): Key {
  return {
    columns: [column],
    inSource: column.name,
    inWarehouse: column.name,
    ordered: true,
    numberOf: ([cell]) => BigInt(cell!),
  };
}

/** A key of several columns, or of one that is no whole number. Pure. */
export function hashedKey(columns: readonly Column[]): Key {
  const start = `LEFT(SHA2(${rowTextInSource(columns)}, 256), ${hashDigits})`;
  const text = rowTextInWarehouse(columns);
  return {
    columns,
    inSource: `CAST(CONV(${start}, 16, 10) AS UNSIGNED)`,
    inWarehouse: `reinterpretAsUInt64(reverse(substring(SHA256(${text}), 1, ${hashBytes})))`,
    ordered: false,
    numberOf: (cells) => {
      const hash = createHash("sha256").update(rowText(columns, cells)).digest("hex");
      return BigInt(`0x${hash.slice(0, hashDigits)}`);
    },
  };
}

/**
 * The values of a row's key, in its order. Pure.
 *
 * @throws Error if one of them is missing
 */
export function keyCells(key: Key, columns: readonly Column[], row: Row): readonly string[] {
  return key.columns.map(({ name }) => {
    const cell = row[columns.findIndex((column) => column.name === name)];
    if (cell === undefined || cell === null)
      throw new Error(`a row has no ${name}, which is part of its key`);
    return cell;
  });
}

/** What people call a key: its values, if a row is at hand that has them. Pure. */
export function nameOfKey({ key, columns }: Keyed, number: bigint, row: Row | undefined): string {
  if (key.ordered) return String(number);
  return row ? keyCells(key, columns, row).join(", ") : `with the hash ${number}`;
}

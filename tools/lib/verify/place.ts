/** The parts of a version, see docs/decisions/0003: where a change stands in the source's binlog. */
export interface Place {
  readonly epoch: number;
  /** The number at the end of the binlog file's name. */
  readonly fileNumber: number;
  /** Start of the event in the file, bytes. */
  readonly pos: number;
  /** Index of the row in its event. */
  readonly row: number;
}

const placeBits = 32n;
const fileBits = 20n;
const epochBits = 11n;

/** A change leaves a tombstone of the row as it was, or the row as it is, just above it. */
export type Half = "before" | "after";

/**
 * The version of one image of a changed row. Pure.
 *
 * @throws RangeError if a part does not fit
 */
export function versionOf({ epoch, fileNumber, pos, row }: Place, half: Half): bigint {
  const inFile = fitting(BigInt(pos) + 2n * BigInt(row) + (half === "after" ? 1n : 0n), placeBits);
  const file = fitting(BigInt(fileNumber), fileBits);
  return (((fitting(BigInt(epoch), epochBits) << fileBits) | file) << placeBits) | inFile;
}

/**
 * The place of an event's first row whose after image has this version. Pure. The inverse of `versionOf` for row 0,
 * which is all that a heartbeat's event has.
 *
 * @throws RangeError if no such row has this version
 */
export function placeOf(version: bigint): Place {
  fitting(version, epochBits + fileBits + placeBits);
  const inFile = BigInt.asUintN(Number(placeBits), version);
  if (inFile === 0n) throw new RangeError(`version ${version} is not that of a row`);
  return {
    epoch: Number(version >> (fileBits + placeBits)),
    fileNumber: Number(BigInt.asUintN(Number(fileBits), version >> placeBits)),
    pos: Number(inFile - 1n),
    row: 0,
  };
}

function fitting(value: bigint, bits: bigint): bigint {
  if (value < 0n || value >= 1n << bits) throw new RangeError(`${value} does not fit into ${bits} bits`);
  return value;
}

/** The number at the end of a binlog file's name: 9 of `binlog.000009`. Pure. */
export function fileNumberOf(file: string): number {
  return Number(file.slice(file.lastIndexOf(".") + 1));
}

/** `binlog.000009` and 10 → `binlog.000010`: a file's name from that of a neighbour. Pure. */
export function binlogFileOf(neighbour: string, fileNumber: number): string {
  const base = neighbour.slice(0, neighbour.lastIndexOf("."));
  return `${base}.${String(fileNumber).padStart(6, "0")}`;
}

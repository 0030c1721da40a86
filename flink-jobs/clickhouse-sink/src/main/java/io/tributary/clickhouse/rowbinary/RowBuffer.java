package io.tributary.clickhouse.rowbinary;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Rows in RowBinary, one after the other, in one array that grows and is used again. Remembers
 * where each row ends, so that any range of rows can be sent, again and again. Not thread-safe.
 */
public final class RowBuffer {
  private static final VarHandle SHORT = littleEndian(short[].class);
  private static final VarHandle INT = littleEndian(int[].class);
  private static final VarHandle LONG = littleEndian(long[].class);

  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private byte[] bytes = new byte[256];
  private int size;
  private int[] rowEnds = new int[16];
  private int rowCount;

  private static VarHandle littleEndian(Class<?> arrayType) {
    return MethodHandles.byteArrayViewVarHandle(arrayType, ByteOrder.LITTLE_ENDIAN);
  }

  /** Bytes written, of finished and unfinished rows. */
  public int size() {
    return size;
  }

  /** Finished rows. */
  public int rowCount() {
    return rowCount;
  }

  /** Ends a row. */
  public void endRow() {
    if (rowCount == rowEnds.length) {
      rowEnds = Arrays.copyOf(rowEnds, rowCount * 2);
    }
    rowEnds[rowCount++] = size;
  }

  /** Takes back everything after the first {@code rows} rows, finished or not. */
  public void truncate(int rows) {
    rowCount = rows;
    size = endOf(rows);
  }

  /** Empties the buffer and keeps its memory. */
  public void clear() {
    truncate(0);
  }

  /** Where the first {@code rows} rows end, in bytes. */
  private int endOf(int rows) {
    return rows == 0 ? 0 : rowEnds[rows - 1];
  }

  /** Bytes of the rows {@code from} (included) to {@code to} (excluded). */
  public int sizeOf(int from, int to) {
    return endOf(to) - endOf(from);
  }

  /** Writes the rows {@code from} (included) to {@code to} (excluded) to a stream. */
  public void writeTo(OutputStream out, int from, int to) throws IOException {
    out.write(bytes, endOf(from), sizeOf(from, to));
  }

  /** Appends bytes {@code from} (included) to {@code to} (excluded) of another buffer. */
  public void append(RowBuffer other, int from, int to) {
    int length = to - from;
    reserve(length);
    System.arraycopy(other.bytes, from, bytes, size, length);
    size += length;
  }

  /** Whether a range of bytes equals a range of another buffer. */
  public boolean rangeEquals(int from, int to, RowBuffer other, int otherFrom, int otherTo) {
    return Arrays.equals(bytes, from, to, other.bytes, otherFrom, otherTo);
  }

  /** Appends the lowest 8 bits. */
  public void int8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  /** Appends the lowest 16 bits. */
  public void int16(int value) {
    reserve(2);
    SHORT.set(bytes, size, (short) value);
    size += 2;
  }

  /** Appends 32 bits. */
  public void int32(int value) {
    reserve(4);
    INT.set(bytes, size, value);
    size += 4;
  }

  /** Appends 64 bits. */
  public void int64(long value) {
    reserve(8);
    LONG.set(bytes, size, value);
    size += 8;
  }

  /** Appends a length as LEB128. */
  public void varUInt(int value) {
    reserve(5);
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Appends the same byte a number of times. */
  public void fill(int value, int count) {
    reserve(count);
    Arrays.fill(bytes, size, size + count, (byte) value);
    size += count;
  }

  /**
   * How many bytes text takes as UTF-8.
   *
   * @return -1 if a surrogate stands alone: it has no UTF-8
   */
  public static int utf8Length(char[] chars, int offset, int length) {
    int bytes = length;
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      char c = chars[i];
      if (c >= 0x80) {
        if (c < 0x800) {
          bytes++;
        } else if (!Character.isSurrogate(c)) {
          bytes += 2;
        } else if (i + 1 < end && Character.isSurrogatePair(c, chars[i + 1])) {
          bytes += 2;
          i++;
        } else {
          return -1;
        }
      }
    }
    return bytes;
  }

  /** Appends text as UTF-8, without its length; surrogates must stand in pairs. */
  public void utf8(char[] chars, int offset, int length) {
    reserve(3L * length);
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      char c = chars[i];
      if (c < 0x80) {
        bytes[size++] = (byte) c;
      } else if (c < 0x800) {
        bytes[size++] = (byte) (0xC0 | c >> 6);
        bytes[size++] = (byte) (0x80 | c & 0x3F);
      } else if (!Character.isSurrogate(c)) {
        bytes[size++] = (byte) (0xE0 | c >> 12);
        bytes[size++] = (byte) (0x80 | c >> 6 & 0x3F);
        bytes[size++] = (byte) (0x80 | c & 0x3F);
      } else {
        int point = Character.toCodePoint(c, chars[++i]);
        bytes[size++] = (byte) (0xF0 | point >> 18);
        bytes[size++] = (byte) (0x80 | point >> 12 & 0x3F);
        bytes[size++] = (byte) (0x80 | point >> 6 & 0x3F);
        bytes[size++] = (byte) (0x80 | point & 0x3F);
      }
    }
  }

  /** The finished and unfinished rows as an array of their own. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(long more) {
    long needed = size + more;
    if (needed <= bytes.length) {
      return;
    }
    if (needed > MAX_ARRAY) {
      throw new IllegalStateException("a batch of rows cannot take more than 2 GiB");
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_ARRAY, Math.max(needed, 2L * bytes.length)));
  }
}

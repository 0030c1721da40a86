package io.tributary.common;

/**
 * The version of a row in the warehouse: a number that grows with the place of its change in the
 * binlog, and is the same however often the change is read.
 *
 * <p>From the highest bit: one zero bit, the epoch (11 bits), the number of the binlog file (20),
 * the place in the file (32). The place is {@code pos + 2 * row + half}. Every row takes at least
 * two bytes of its event, so the places of one event never reach the next event, and a row that
 * moves to another partition outranks the tombstone that its own change leaves behind.
 *
 * <p>What does not fit is refused with an {@link ArithmeticException} naming the part: a version
 * that wraps would let an old row win in silence.
 */
public final class Version {
  private static final int PLACE_BITS = 32;
  private static final int FILE_BITS = 20;
  private static final int EPOCH_BITS = 11;

  /** The largest epoch that fits. */
  public static final int MAX_EPOCH = (1 << EPOCH_BITS) - 1;

  private static final long MAX_FILE = (1L << FILE_BITS) - 1;
  private static final long MAX_PLACE = (1L << PLACE_BITS) - 1;

  private Version() {}

  /** Which image of a changed row a version stands for. */
  public enum Half {
    /** The row as it was: a delete, or the tombstone a moved row leaves in its old partition. */
    BEFORE,
    /** The row as it is: after an insert or update, or as the snapshot read it. */
    AFTER
  }

  /**
   * The version of one image of one changed row.
   *
   * @param epoch the source's epoch, 0 to {@link #MAX_EPOCH}
   * @param fileNumber the number at the end of the binlog file's name, see {@link #fileNumber}
   * @param pos where the row's event starts in the file, in bytes
   * @param row the row's index in its event, from 0
   * @throws ArithmeticException if a part is negative or too large
   */
  public static long of(long epoch, long fileNumber, long pos, long row, Half half) {
    requireRange("epoch", epoch, MAX_EPOCH);
    requireRange("binlog file number", fileNumber, MAX_FILE);
    requireRange("binlog position", pos, MAX_PLACE);
    requireRange("row in the event", row, MAX_PLACE);
    long place = pos + 2 * row + half.ordinal();
    requireRange("place in the binlog file (position + 2 * row)", place, MAX_PLACE);
    return (epoch << (FILE_BITS + PLACE_BITS)) | (fileNumber << PLACE_BITS) | place;
  }

  /**
   * The number of a binlog file: 3 for {@code binlog.000003}.
   *
   * @throws IllegalArgumentException if the name does not end in a number after its last dot
   */
  public static long fileNumber(String file) {
    int dot = file.lastIndexOf('.');
    try {
      if (dot >= 0 && isAscii(file, dot)) {
        return Long.parseUnsignedLong(file, dot + 1, file.length(), 10);
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message.
    }
    throw new IllegalArgumentException(
        "binlog file name '%s' has no number after its last dot".formatted(file));
  }

  /** The digits of other scripts have values, too. */
  private static boolean isAscii(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) >= 128) {
        return false;
      }
    }
    return true;
  }

  private static void requireRange(String part, long value, long max) {
    if (value < 0 || value > max) {
      throw new ArithmeticException(
          "no version for this change: %s %d is outside 0..%d".formatted(part, value, max));
    }
  }
}

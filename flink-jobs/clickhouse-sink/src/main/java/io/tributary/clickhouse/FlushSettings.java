package io.tributary.clickhouse;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a table's buffered rows go to the warehouse: at whichever limit is reached first, and in any
 * case before a checkpoint completes.
 *
 * <p>Changes come in bursts, one for each commit of their topic. A batch is sent when a burst is
 * over, which nothing says but a moment of quiet: so few rows do not wait for company that will not
 * come, and many are not cut into small inserts, which cost the warehouse several times as much.
 *
 * @param maxRows rows in one insert
 * @param maxBytes bytes that one insert may hold in memory, its rows and the elements they came
 *     from
 * @param longestWait how long the first row of a batch waits for others, however many still come
 * @param quiet how long nothing more must come for a burst to be over
 * @param rest what follows an insert; a full batch and a checkpoint do not wait for it
 */
public record FlushSettings(
    int maxRows, long maxBytes, Duration longestWait, Duration quiet, Rest rest)
    implements Serializable {

  /**
   * How long a table gets nothing after an insert. A warehouse that has much to do then gets fewer
   * and larger inserts, which cost it less, and has the rows sooner in the end.
   *
   * @param fromRows rows of an insert from which on the table rests; smaller ones do not matter
   * @param times so many times as long as the insert took; 0 for no rest
   * @param longest it rests no longer than this
   */
  public record Rest(int fromRows, int times, Duration longest) implements Serializable {
    public static final Rest NONE = new Rest(0, 0, Duration.ZERO);
  }

  /**
   * Inserts that may be on their way to a table at once. The second is for full batches, and for a
   * checkpoint: behind a backlog it keeps the warehouse busy while the first is answered. Rows that
   * come as they are made rather wait and grow into one.
   */
  static final int INSERTS_AT_ONCE = 2;

  /** Batches that a table may have in memory: one that fills, and those on their way. */
  public static final int BATCHES = 1 + INSERTS_AT_ONCE;

  /**
   * Refuses limits that could never be reached or never be kept.
   *
   * @throws IllegalArgumentException if rows or bytes are not positive, the quiet is below a
   *     millisecond, or the wait or the rest negative
   */
  public FlushSettings {
    if (maxRows < 1
        || maxBytes < 1
        || quiet.toMillis() < 1
        || longestWait.isNegative()
        || rest.times() < 0
        || rest.longest().isNegative()) {
      throw new IllegalArgumentException(
          "rows and bytes per flush and its quiet must be at least 1, the wait and the rest not negative: %d, %d, %s, %s, %s"
              .formatted(maxRows, maxBytes, quiet, longestWait, rest));
    }
  }

  /**
   * When a batch is to be sent, as far as is known.
   *
   * @param firstAt when its first row came, in milliseconds of any clock
   * @param lastAt when its last row came
   * @return milliseconds of the same clock; later if more rows come
   */
  public long dueAt(long firstAt, long lastAt) {
    return Math.min(firstAt + longestWait.toMillis(), lastAt + quiet.toMillis());
  }

  /**
   * Until when a table rests after an insert.
   *
   * @param storedAt when the insert was over, in milliseconds of any clock
   * @param millis how long it took
   * @param rows how many rows it brought
   * @return milliseconds of the same clock
   */
  public long restsUntil(long storedAt, long millis, int rows) {
    return rows < rest.fromRows()
        ? storedAt
        : storedAt + Math.min(rest.times() * millis, rest.longest().toMillis());
  }
}

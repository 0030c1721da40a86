package io.tributary.clickhouse;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a table's buffered rows go to the warehouse: at whichever limit is reached first, and in any
 * case before a checkpoint completes.
 *
 * @param maxRows rows in one insert
 * @param maxBytes bytes that one insert may hold in memory, its rows and the elements they came
 *     from
 * @param idleInterval how long the first row of a batch waits for others while little arrives;
 *     grows up to {@link #LONGEST_STRETCH} times while batches are large
 */
public record FlushSettings(int maxRows, long maxBytes, Duration idleInterval)
    implements Serializable {

  /** How many times the idle interval a batch may wait when there is much to do. */
  public static final int LONGEST_STRETCH = 4;

  /** The share of a full batch from which on waiting longer pays. */
  private static final int STRETCH_FROM_SHARE = 10;

  /**
   * Refuses limits that could never be reached or never be kept.
   *
   * @throws IllegalArgumentException if a limit is not positive
   */
  public FlushSettings {
    if (maxRows < 1 || maxBytes < 1 || idleInterval.isNegative()) {
      throw new IllegalArgumentException(
          "rows and bytes per flush must be at least 1 and the interval not negative: %d, %d, %s"
              .formatted(maxRows, maxBytes, idleInterval));
    }
  }

  /**
   * How long a batch may wait, judged by the one before it. Small inserts are cheap to wait for and
   * costly to make: a tenth of a full batch doubles as the sign that the job is catching up.
   *
   * @param lastBatchRows rows in the table's last insert
   * @return milliseconds
   */
  public long waitAfter(int lastBatchRows) {
    long stretch = (long) lastBatchRows * STRETCH_FROM_SHARE / maxRows;
    return idleInterval.toMillis() * Math.max(1, Math.min(stretch, LONGEST_STRETCH));
  }
}

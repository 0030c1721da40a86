package io.tributary.mysql;

import io.debezium.connector.mysql.GtidSet;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The first transaction of each server in a set of GTIDs.
 *
 * <p>It has to be {@link #NUMBER 1}: a source that goes on from such a set takes all transactions
 * of a server before the first for read, whether they were or not. Pure.
 */
public final class FirstTransactions {
  /** The number that it has to have. */
  public static final long NUMBER = 1;

  private FirstTransactions() {}

  /**
   * @param gtids as MySQL writes them, e.g. {@code 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:8};
   *     null for none
   * @return the number of the first transaction, by the server's UUID
   */
  public static Map<String, Long> in(String gtids) {
    return gtids == null || gtids.isBlank()
        ? Map.of()
        : new GtidSet(gtids)
            .getUUIDSets().stream()
                .collect(Collectors.toMap(GtidSet.UUIDSet::getUUID, FirstTransactions::firstOf));
  }

  private static long firstOf(GtidSet.UUIDSet server) {
    return server.getIntervals().stream().mapToLong(GtidSet.Interval::getStart).min().orElseThrow();
  }
}

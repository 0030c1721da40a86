package io.tributary.mysql;

/**
 * A statement that changed captured tables, or may have, without telling in the binlog which rows.
 * Whoever runs the source fails for good: from the newest checkpoint it would meet the same
 * statement again.
 */
public final class UnseenChangeException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /**
   * @param changed the table or database, e.g. {@code table platform.orders}
   * @param place the statement's place in the binlog, e.g. {@code binlog.000003:1234}
   */
  public UnseenChangeException(String changed, String place, String statement) {
    super(
        """
        Capture stopped: a statement changed captured %s at %s without row events, so the \
        warehouse would differ from now on: %s
        After a change of columns, bring the warehouse's tables in line first. Then raise the \
        setting `snapshot` by one and run `make up`: capture starts without its saved state and \
        takes a new snapshot. docs/operations.md tells the rest."""
            .formatted(changed, place, statement));
  }
}

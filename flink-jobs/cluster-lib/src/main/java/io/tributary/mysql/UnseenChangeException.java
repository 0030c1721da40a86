package io.tributary.mysql;

import java.util.List;

/**
 * Something in the binlog that changed captured tables, or may have, and does not tell which rows
 * and how. Whoever runs the source fails for good: from the newest checkpoint it would meet the
 * same again.
 *
 * <p>What it was made of is suppressed and no cause: people are shown the innermost cause, and this
 * is what they are to read.
 */
public final class UnseenChangeException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /**
   * A statement without row events.
   *
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

  /**
   * Row events in a form that cannot be read.
   *
   * @param form what is wrong with it, and which variable of a session makes it so
   */
  public UnseenChangeException(String form) {
    super(
        """
        Capture stopped: MySQL wrote changes in a form that cannot be read, so the warehouse might \
        differ from now on: %s
        See that no session writes so, then raise the setting `snapshot` by one and run `make up`: \
        capture starts without its saved state and takes a new snapshot. docs/operations.md tells \
        the rest."""
            .formatted(form));
  }

  private UnseenChangeException(String message, List<Throwable> reasons) {
    super(message);
    reasons.forEach(this::addSuppressed);
  }

  /**
   * A statement that cannot be read, so that nobody knows what it changed.
   *
   * @param failure the parser's, which names the statement
   */
  public static UnseenChangeException unreadable(Throwable failure) {
    return new UnseenChangeException(
        """
        Capture stopped: a statement about tables cannot be read, and may have changed a captured \
        one: %s
        If it did, bring the warehouse's tables in line first. Then raise the setting `snapshot` \
        by one and run `make up`: capture starts without its saved state and takes a new \
        snapshot. docs/operations.md tells the rest."""
            .formatted(failure.getMessage()),
        List.of(failure));
  }

  /**
   * A change that nothing can be made of.
   *
   * @param change what changed and where, e.g. {@code a change of table orders at binlog.000003:12}
   * @param failure what stands in the way
   */
  public static UnseenChangeException uncapturable(String change, Throwable failure) {
    return new UnseenChangeException(
        """
        Capture stopped: %s cannot be captured, at this or any later attempt: %s
        Put the cause right at the source, or leave the table out. Then raise the setting \
        `snapshot` by one and run `make up`: capture starts without its saved state and takes a \
        new snapshot. docs/operations.md tells the rest."""
            .formatted(change, failure),
        List.of(failure));
  }

  /**
   * A transaction in place of an earlier one. The source goes on behind the first transaction that
   * it has seen of a server: those before it, should they come, would be passed over.
   *
   * @param gtid the transaction, e.g. {@code 3e11fa47-71ca-11e1-9e33-c80aa9429562:500}
   */
  public static UnseenChangeException outOfTurn(String gtid) {
    return new UnseenChangeException(
        """
        Capture stopped: MySQL wrote transaction %s, and none of its number 1. What comes of the \
        earlier ones while capture is away would be passed over.
        Make them, empty (SET gtid_next = '…'; BEGIN; COMMIT), from 1 on, or begin the binlog anew \
        (RESET BINARY LOGS AND GTIDS) and raise the setting `epoch`. Then raise the setting \
        `snapshot` by one and run `make up`. docs/operations.md tells the rest."""
            .formatted(gtid),
        List.of());
  }

  /**
   * Changes that MySQL cannot send any more, or never could.
   *
   * @param refusal what it said, or what was found out when it was asked
   */
  public static UnseenChangeException outOfReach(Throwable refusal) {
    return new UnseenChangeException(
        """
        Capture stopped: changes that it has not read are out of its reach in MySQL's binlog: %s
        Raise the setting `snapshot` by one (`epoch`, if the binlog was reset) and run `make up`: \
        capture starts without its saved state and takes a new snapshot. `make verify REPAIR=1` \
        then removes what was deleted meanwhile. docs/operations.md tells the rest."""
            .formatted(refusal.getMessage()),
        List.of(refusal));
  }
}

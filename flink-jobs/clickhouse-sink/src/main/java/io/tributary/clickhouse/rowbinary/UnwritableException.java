package io.tributary.clickhouse.rowbinary;

/** An element that can never be stored, with the reason for its dead letter. */
public class UnwritableException extends Exception {

  /** A reason for a person: what is wrong, and where in the element. */
  public UnwritableException(String reason) {
    this(reason, null);
  }

  /** A reason with what led to it. */
  public UnwritableException(String reason, Throwable cause) {
    // Poison comes in floods: the reason says it all, and a stack trace costs more than the row.
    super(reason, cause, false, false);
  }
}

package io.tributary.clickhouse.schema;

/**
 * The target table does not fit what arrives. Concerns every row, so the job stops instead of
 * sending them all to the dead letters; it goes on by itself once the table is changed.
 */
public class SchemaMismatchException extends RuntimeException {

  /** What does not fit, and what to run. */
  public SchemaMismatchException(String message) {
    super(message);
  }
}

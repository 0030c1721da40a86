package io.tributary.clickhouse;

/** The warehouse cannot store rows, for a reason that is not the rows' and will not pass. */
public class WarehouseException extends RuntimeException {

  /** What the warehouse said, and for which table. */
  public WarehouseException(String message, Throwable cause) {
    super(message, cause);
  }
}

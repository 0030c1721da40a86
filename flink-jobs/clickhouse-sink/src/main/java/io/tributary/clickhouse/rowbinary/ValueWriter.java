package io.tributary.clickhouse.rowbinary;

import java.io.IOException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;

/** Writes values of one column type. Used by one thread. */
@FunctionalInterface
public interface ValueWriter {

  /**
   * Writes the value at the parser's current token, which is not changed.
   *
   * @throws BadValueException if the column can never hold this value exactly; what was written by
   *     then must be taken back
   */
  void write(JsonParser json, RowBuffer out) throws IOException, BadValueException;
}

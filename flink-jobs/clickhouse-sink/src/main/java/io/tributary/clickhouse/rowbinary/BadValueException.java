package io.tributary.clickhouse.rowbinary;

import java.io.IOException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;

/** A value that its column can never hold exactly. */
public final class BadValueException extends Exception {
  private static final int LONGEST_QUOTE = 60;

  /** What is wrong with the value, without the column's name. */
  public BadValueException(String reason) {
    // The reason says it all, and a stack trace costs more than the row.
    super(reason, null, false, false);
  }

  /** A value for use in a reason: in quotes, and cut if it is long. */
  static String quote(char[] text, int offset, int length) {
    return length <= LONGEST_QUOTE
        ? '"' + new String(text, offset, length) + '"'
        : '"' + new String(text, offset, LONGEST_QUOTE) + "…\" (" + length + " characters)";
  }

  /** The parser's current value for use in a reason. */
  static String quote(JsonParser json) throws IOException {
    return json.currentToken().isScalarValue()
        ? quote(json.getTextCharacters(), json.getTextOffset(), json.getTextLength())
        : json.currentToken().asString();
  }
}

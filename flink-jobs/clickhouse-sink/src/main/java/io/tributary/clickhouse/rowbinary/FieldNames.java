package io.tributary.clickhouse.rowbinary;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.SerializableString;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.io.SerializedString;

/**
 * The fields that an object may have. They may come in any order, and are read fastest in the order
 * given here: a name that is expected is only compared, any other has to be parsed. Not
 * thread-safe.
 */
public final class FieldNames {
  /** The object has no more fields. */
  public static final int END = -1;

  /** A field that is not among these; the parser knows its name. */
  public static final int UNKNOWN = -2;

  private final SerializableString[] names;
  private final Map<String, Integer> indexes = new HashMap<>();

  /**
   * @param names in the order in which they usually come
   */
  public FieldNames(List<String> names) {
    this.names = names.stream().map(SerializedString::new).toArray(SerializableString[]::new);
    for (int i = 0; i < this.names.length; i++) {
      indexes.put(names.get(i), i);
    }
  }

  /**
   * Goes on to the next field's name.
   *
   * @param last what this returned for the field before; {@link #END} at the object's start
   * @return its place among the names, {@link #UNKNOWN} or {@link #END}
   */
  public int next(JsonParser json, int last) throws IOException {
    int expected = Math.max(last, END) + 1;
    if (expected < names.length && json.nextFieldName(names[expected])) {
      return expected;
    }
    if (expected >= names.length) {
      json.nextToken();
    }
    return json.currentToken() == JsonToken.FIELD_NAME
        ? indexes.getOrDefault(json.currentName(), UNKNOWN)
        : END;
  }
}

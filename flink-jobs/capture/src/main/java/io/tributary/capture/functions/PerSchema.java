package io.tributary.capture.functions;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;

/**
 * What is known of a schema, found out when it is met for the first time: to look its fields up by
 * their names again for every change would take longer than to read them.
 */
final class PerSchema<T> {
  /** A table has few schemas at a time; more means that the reader makes new ones all the time. */
  private static final int MAX_SCHEMAS = 1000;

  private final Map<Schema, T> known = new IdentityHashMap<>();
  private final Function<Schema, T> findOut;

  /**
   * @param findOut what is to be known of a schema
   */
  PerSchema(Function<Schema, T> findOut) {
    this.findOut = findOut;
  }

  T of(Schema schema) {
    T found = known.get(schema);
    if (found == null) {
      if (known.size() >= MAX_SCHEMAS) {
        known.clear();
      }
      found = findOut.apply(schema);
      known.put(schema, found);
    }
    return found;
  }
}

package io.tributary.capture.functions;

import io.tributary.capture.functions.ColumnWriters.ColumnWriter;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Field;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;

/** Writes rows as JSON objects of their columns. Holds one plan per schema it has met. */
final class RowWriter {
  /** A table has few schemas at a time; more means that the reader makes new ones all the time. */
  private static final int MAX_PLANS = 1000;

  private final Map<Schema, Column[]> plans = new IdentityHashMap<>();

  private record Column(Field field, ColumnWriter writer) {}

  /** Writes all columns, in the table's order; null for no row. */
  void write(JsonGenerator json, Struct row) throws IOException {
    if (row == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    for (Column column : planFor(row.schema())) {
      write(json, row, column);
    }
    json.writeEndObject();
  }

  /** Writes some columns, in the order asked for. */
  void write(JsonGenerator json, Struct row, List<String> columns) throws IOException {
    Column[] plan = planFor(row.schema());
    json.writeStartObject();
    for (String name : columns) {
      Field field = row.schema().field(name);
      if (field == null) {
        throw new IllegalArgumentException("the row has no column '%s'".formatted(name));
      }
      write(json, row, plan[field.index()]);
    }
    json.writeEndObject();
  }

  /**
   * A value that the source could not convert is missing: that is no stored null where there can be
   * none.
   */
  private static void write(JsonGenerator json, Struct row, Column column) throws IOException {
    json.writeFieldName(column.field.name());
    // Not get(field): that would put a column's default in the place of a stored null.
    Object value = row.getWithoutDefault(column.field.name());
    if (value != null) {
      column.writer.write(json, value);
    } else if (column.field.schema().isOptional()) {
      json.writeNull();
    } else {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: column %s of %s is NOT NULL, and its value could not be read: the TaskManager's log says why (Failed to properly convert). Change the column's type, or leave the table out."
                  .formatted(column.field.name(), row.schema().name())));
    }
  }

  private Column[] planFor(Schema schema) {
    Column[] plan = plans.get(schema);
    if (plan == null) {
      if (plans.size() >= MAX_PLANS) {
        plans.clear();
      }
      plan =
          schema.fields().stream()
              .map(
                  field -> new Column(field, ColumnWriters.forSchema(field.name(), field.schema())))
              .toArray(Column[]::new);
      plans.put(schema, plan);
    }
    return plan;
  }
}

package io.tributary.capture.functions;

import io.tributary.capture.functions.ColumnWriters.ColumnWriter;
import java.io.IOException;
import java.util.List;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Field;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.SerializableString;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.io.SerializedString;

/** Writes rows as JSON objects of their columns. Holds one plan per schema it has met. */
final class RowWriter {
  private final PerSchema<Column[]> plans = new PerSchema<>(RowWriter::planFor);

  private record Column(Field field, SerializableString name, ColumnWriter writer) {
    static Column of(Field field) {
      return new Column(
          field,
          new SerializedString(field.name()),
          ColumnWriters.forSchema(field.name(), field.schema()));
    }

    /** As it is stored: {@code get} would put the column's default in the place of a null. */
    Object valueIn(Struct row) {
      return field.schema().defaultValue() == null
          ? row.get(field)
          : row.getWithoutDefault(field.name());
    }
  }

  /** Writes all columns, in the table's order; null for no row. */
  void write(JsonGenerator json, Struct row) throws IOException {
    if (row == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    for (Column column : plans.of(row.schema())) {
      write(json, row, column);
    }
    json.writeEndObject();
  }

  /** Writes some columns, in the order asked for. */
  void write(JsonGenerator json, Struct row, List<String> columns) throws IOException {
    Column[] plan = plans.of(row.schema());
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
    json.writeFieldName(column.name);
    Object value = column.valueIn(row);
    if (value != null) {
      column.writer.write(json, value);
    } else if (column.field.schema().isOptional()) {
      json.writeNull();
    } else {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: column %s of %s is NOT NULL, and its value could not be read: the TaskManager's log says why (Failed to properly convert). Change the column's type, in the warehouse's table, too, or leave the table out; then raise the setting `snapshot` by one and run `make up`."
                  .formatted(column.field.name(), row.schema().name())));
    }
  }

  private static Column[] planFor(Schema schema) {
    return schema.fields().stream().map(Column::of).toArray(Column[]::new);
  }
}

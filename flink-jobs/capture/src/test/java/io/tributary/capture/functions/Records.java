package io.tributary.capture.functions;

import io.debezium.data.Envelope;
import java.util.Map;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;

/** Records as the source makes them, for tests. */
final class Records {
  private static final Schema SOURCE =
      SchemaBuilder.struct()
          .field("db", Schema.STRING_SCHEMA)
          .field("table", Schema.OPTIONAL_STRING_SCHEMA)
          .field("ts_ms", Schema.INT64_SCHEMA)
          .field("file", Schema.STRING_SCHEMA)
          .field("pos", Schema.INT64_SCHEMA)
          .field("row", Schema.INT32_SCHEMA)
          .field("gtid", Schema.OPTIONAL_STRING_SCHEMA)
          .build();

  private Records() {}

  /** A change at binlog.000003:1234, row 2. Null for a row that is not there. */
  static SourceRecord change(String op, String table, Struct key, Struct before, Struct after) {
    Schema row = (after == null ? before : after).schema();
    Schema envelope =
        SchemaBuilder.struct()
            .field(Envelope.FieldName.BEFORE, optional(row))
            .field(Envelope.FieldName.AFTER, optional(row))
            .field(Envelope.FieldName.SOURCE, SOURCE)
            .field(Envelope.FieldName.OPERATION, Schema.STRING_SCHEMA)
            .field(Envelope.FieldName.TIMESTAMP, Schema.OPTIONAL_INT64_SCHEMA)
            .build();
    Struct value =
        new Struct(envelope)
            .put(Envelope.FieldName.BEFORE, as(envelope.field("before").schema(), before))
            .put(Envelope.FieldName.AFTER, as(envelope.field("after").schema(), after))
            .put(Envelope.FieldName.SOURCE, source(table))
            .put(Envelope.FieldName.OPERATION, op)
            .put(Envelope.FieldName.TIMESTAMP, 1_736_591_400_500L);
    Schema keySchema = key == null ? null : key.schema();
    return new SourceRecord(Map.of(), Map.of(), "t", keySchema, key, envelope, value);
  }

  /** A statement that the source met in the binlog. */
  static SourceRecord statement(String table, String sql) {
    Schema keySchema =
        SchemaBuilder.struct()
            .name("io.debezium.connector.mysql.SchemaChangeKey")
            .field("databaseName", Schema.STRING_SCHEMA)
            .build();
    Schema valueSchema =
        SchemaBuilder.struct()
            .name("io.debezium.connector.mysql.SchemaChangeValue")
            .field("source", SOURCE)
            .field("historyRecord", Schema.OPTIONAL_STRING_SCHEMA)
            .build();
    Struct value =
        new Struct(valueSchema)
            .put("source", source(table))
            .put(
                "historyRecord",
                "{\"databaseName\":\"platform\",\"ddl\":\"%s\",\"tableChanges\":[]}"
                    .formatted(sql.replace("\n", "\\n")));
    Struct key = new Struct(keySchema).put("databaseName", "platform");
    return new SourceRecord(Map.of(), Map.of(), "t", keySchema, key, valueSchema, value);
  }

  /** A row with one column. */
  static Struct row(String column, Schema schema, Object value) {
    return new Struct(SchemaBuilder.struct().field(column, schema).build()).put(column, value);
  }

  private static Struct source(String table) {
    return new Struct(SOURCE)
        .put("db", "platform")
        .put("table", table)
        .put("ts_ms", 1_736_591_400_000L)
        .put("file", "binlog.000003")
        .put("pos", 1234L)
        .put("row", 2)
        .put("gtid", "5f2a:7");
  }

  private static Schema optional(Schema row) {
    SchemaBuilder builder = SchemaBuilder.struct().optional();
    row.fields().forEach(field -> builder.field(field.name(), field.schema()));
    return builder.build();
  }

  private static Struct as(Schema schema, Struct row) {
    if (row == null) {
      return null;
    }
    Struct copy = new Struct(schema);
    row.schema()
        .fields()
        .forEach(field -> copy.put(field.name(), row.getWithoutDefault(field.name())));
    return copy;
  }
}

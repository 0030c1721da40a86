package io.tributary.capture.functions;

import io.debezium.data.Envelope;
import io.tributary.common.ChangeEvent;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Field;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;

/** Where the parts of a change stand in what the source makes of it. */
record ChangeFields(
    Field before, Field after, Field op, Field millis, Field source, SourceFields sourceFields) {

  /** Where the parts of its source stand. */
  record SourceFields(
      Field db, Field table, Field millis, Field file, Field pos, Field row, Field gtid) {
    /** The source's name of the transaction. */
    private static final String GTID = "gtid";

    private static SourceFields of(Schema source) {
      return new SourceFields(
          source.field(ChangeEvent.DB),
          source.field(ChangeEvent.TABLE),
          source.field(ChangeEvent.TS_MS),
          source.field(ChangeEvent.FILE),
          source.field(ChangeEvent.POS),
          source.field(ChangeEvent.ROW),
          source.field(GTID));
    }
  }

  static ChangeFields of(Schema change) {
    Field source = change.field(Envelope.FieldName.SOURCE);
    return new ChangeFields(
        change.field(Envelope.FieldName.BEFORE),
        change.field(Envelope.FieldName.AFTER),
        change.field(Envelope.FieldName.OPERATION),
        change.field(Envelope.FieldName.TIMESTAMP),
        source,
        SourceFields.of(source.schema()));
  }
}

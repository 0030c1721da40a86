package io.tributary.capture.source;

import io.debezium.data.Envelope;
import io.debezium.relational.RelationalChangeRecordEmitter;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.cdc.connectors.mysql.source.offset.BinlogOffset;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;

/** Changes as the source reads them from the binlog, for tests. */
final class Changes {
  private static final Schema SOURCE =
      SchemaBuilder.struct()
          .field("ts_ms", Schema.INT64_SCHEMA)
          .field("gtid", Schema.OPTIONAL_STRING_SCHEMA)
          .build();
  private static final Schema VALUE =
      SchemaBuilder.struct()
          .field(Envelope.FieldName.OPERATION, Schema.STRING_SCHEMA)
          .field(Envelope.FieldName.SOURCE, SOURCE)
          .field("id", Schema.INT64_SCHEMA)
          .build();

  private Changes() {}

  /**
   * The change of a row of event 4, where the source says of itself that it has read {@code gtids}.
   */
  static SourceRecord change(String op, long id, String gtids, String gtid, long row) {
    Map<String, Object> place = new HashMap<>();
    place.put(BinlogOffset.BINLOG_FILENAME_OFFSET_KEY, "binlog.000003");
    place.put(BinlogOffset.BINLOG_POSITION_OFFSET_KEY, 1234L);
    place.put(BinlogOffset.EVENTS_TO_SKIP_OFFSET_KEY, 4L);
    place.put(BinlogOffset.ROWS_TO_SKIP_OFFSET_KEY, row + 1);
    place.put(BinlogOffset.GTID_SET_KEY, gtids);
    Struct value =
        new Struct(VALUE)
            .put(Envelope.FieldName.OPERATION, op)
            .put(Envelope.FieldName.SOURCE, new Struct(SOURCE).put("ts_ms", 0L).put("gtid", gtid))
            .put("id", id);
    return new SourceRecord(Map.of(), place, "t", VALUE, value);
  }

  /** The delete that comes before the insert under another key. */
  static SourceRecord deleteOfAChangedKey(long id, String gtids, String gtid, long row) {
    SourceRecord delete = change("d", id, gtids, gtid, row);
    delete.headers().addLong(RelationalChangeRecordEmitter.PK_UPDATE_NEWKEY_FIELD, id + 1);
    return delete;
  }
}

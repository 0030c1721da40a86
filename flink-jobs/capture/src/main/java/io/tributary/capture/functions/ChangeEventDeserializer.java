package io.tributary.capture.functions;

import io.debezium.data.Envelope;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.capture.records.TopicRecord;
import io.tributary.common.ChangeEvent;
import io.tributary.common.ChangeEvent.Op;
import io.tributary.common.TableSpec;
import io.tributary.common.Version;
import io.tributary.common.Version.Half;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.apache.flink.util.Collector;

/**
 * Turns what the source read into change events, byte for byte the same whether a row came from the
 * snapshot or from the binlog.
 *
 * <p>Rows of the snapshot carry the end of the binlog that was read before it began: below every
 * later change, above every earlier one. A change to a table's definition is refused, see {@link
 * SchemaChangeGuard}.
 */
public final class ChangeEventDeserializer implements DebeziumDeserializationSchema<TopicRecord> {
  private static final long serialVersionUID = 1L;
  private static final int EVENT_BYTES = 1024;

  /** Key and value. What Kafka puts around them takes less than the rest. */
  private static final int LARGEST_EVENT_BYTES = ChangeEvent.LARGEST_RECORD_BYTES - 1024;

  /** The source's field with the transaction. */
  private static final String GTID = "gtid";

  private final Map<String, TableSpec> tables;
  private final BinlogEnd snapshotPlace;
  private final int epoch;
  private final SameServer sameServer;

  private transient JsonFactory jsonFactory;
  private transient ByteArrayOutputStream bytes;
  private transient Writer text;
  private transient RowWriter rows;

  /**
   * @param tables the captured tables
   * @param snapshotPlace the end of the binlog, read before the snapshot
   * @param sameServer the source's server and epoch
   */
  public ChangeEventDeserializer(
      List<TableSpec> tables, BinlogEnd snapshotPlace, SameServer sameServer) {
    this.tables = tables.stream().collect(Collectors.toMap(TableSpec::table, Function.identity()));
    this.snapshotPlace = snapshotPlace;
    this.epoch = sameServer.epoch();
    this.sameServer = sameServer;
  }

  @Override
  public void deserialize(SourceRecord sourceRecord, Collector<TopicRecord> out)
      throws IOException {
    Struct value = (Struct) sourceRecord.value();
    if (SchemaChangeGuard.isSchemaChange(sourceRecord)) {
      SchemaChangeGuard.requireHarmless(value);
      return;
    }
    Struct source = value.getStruct(Envelope.FieldName.SOURCE);
    TableSpec table = tables.get(source.getString(ChangeEvent.TABLE));
    if (table == null) {
      throw new IllegalStateException(
          "the source sent a change of table %s, which is not captured"
              .formatted(source.getString(ChangeEvent.TABLE)));
    }
    Op op = Op.ofCode(value.getString(Envelope.FieldName.OPERATION));
    Struct after = value.getStruct(Envelope.FieldName.AFTER);
    sameServer.require(table.table(), op, after);
    boolean snapshot = op == Op.SNAPSHOT;
    Place place = snapshot ? snapshotPlace() : placeOf(source);
    TopicRecord record =
        new TopicRecord(
            table.topic(),
            keyOf(sourceRecord, table),
            valueOf(value, op, source, place),
            snapshot,
            versionOf(place, op),
            snapshot ? null : source.getString(GTID));
    record.beat = sameServer.beatIn(table.table(), op, after);
    requireFits(record, table, place);
    out.collect(record);
  }

  /** Kafka would refuse it at every attempt, and not say whose it is. */
  private static void requireFits(TopicRecord record, TableSpec table, Place place) {
    int bytes = record.key.length + record.value.length;
    if (bytes > LARGEST_EVENT_BYTES) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: a row of table %s at %s:%d, with the key %s, makes a change event of %d bytes, and its topic takes %d. Keep such values elsewhere, or leave the table out; then raise the setting `snapshot` by one and run `make up`."
                  .formatted(
                      table.table(),
                      place.file(),
                      place.pos(),
                      new String(record.key, StandardCharsets.UTF_8),
                      bytes,
                      LARGEST_EVENT_BYTES)));
    }
  }

  @Override
  public TypeInformation<TopicRecord> getProducedType() {
    return TypeInformation.of(TopicRecord.class);
  }

  private byte[] keyOf(SourceRecord sourceRecord, TableSpec table) throws IOException {
    if (sourceRecord.key() == null) {
      throw new IllegalStateException(
          "a change of table %s has no key: its primary key is gone".formatted(table.table()));
    }
    return json(json -> rows().write(json, (Struct) sourceRecord.key(), table.key()));
  }

  private byte[] valueOf(Struct value, Op op, Struct source, Place place) throws IOException {
    return json(
        json -> {
          json.writeStartObject();
          json.writeFieldName(ChangeEvent.BEFORE);
          rows().write(json, value.getStruct(Envelope.FieldName.BEFORE));
          json.writeFieldName(ChangeEvent.AFTER);
          rows().write(json, value.getStruct(Envelope.FieldName.AFTER));
          json.writeStringField(ChangeEvent.OP, op.code());
          json.writeNumberField(ChangeEvent.TS_MS, value.getInt64(Envelope.FieldName.TIMESTAMP));
          json.writeFieldName(ChangeEvent.SOURCE);
          writeSource(json, source, place);
          json.writeEndObject();
        });
  }

  private void writeSource(JsonGenerator json, Struct source, Place place) throws IOException {
    json.writeStartObject();
    json.writeNumberField(ChangeEvent.EPOCH, epoch);
    json.writeStringField(ChangeEvent.DB, source.getString(ChangeEvent.DB));
    json.writeStringField(ChangeEvent.TABLE, source.getString(ChangeEvent.TABLE));
    json.writeNumberField(ChangeEvent.TS_MS, place.millis());
    json.writeStringField(ChangeEvent.FILE, place.file());
    json.writeNumberField(ChangeEvent.POS, place.pos());
    json.writeNumberField(ChangeEvent.ROW, place.row());
    json.writeEndObject();
  }

  /** Where a row stands in the binlog, and when it did. */
  private record Place(String file, long pos, int row, long millis) {}

  private Place snapshotPlace() {
    return new Place(snapshotPlace.file(), snapshotPlace.pos(), 0, snapshotPlace.readAtMillis());
  }

  private static Place placeOf(Struct source) {
    return new Place(
        source.getString(ChangeEvent.FILE),
        source.getInt64(ChangeEvent.POS),
        source.getInt32(ChangeEvent.ROW),
        source.getInt64(ChangeEvent.TS_MS));
  }

  /**
   * Stops here, before the topic, where a change's place does not fit a version. A row whose key
   * changes comes as a delete and an insert from one place: the delete stands just before.
   */
  private long versionOf(Place place, Op op) {
    Half half = op == Op.DELETE ? Half.BEFORE : Half.AFTER;
    return Version.of(epoch, Version.fileNumber(place.file()), place.pos(), place.row(), half);
  }

  private interface JsonBody {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private byte[] json(JsonBody body) throws IOException {
    if (text == null) {
      openText();
    }
    bytes.reset();
    try (JsonGenerator json = jsonFactory.createGenerator(text)) {
      body.writeTo(json);
    }
    text.flush();
    return bytes.toByteArray();
  }

  /** Not this Jackson's generator of bytes: it writes an emoji as two escapes. */
  private void openText() {
    jsonFactory = new JsonFactory();
    jsonFactory.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    bytes = new ByteArrayOutputStream(EVENT_BYTES);
    text = new OutputStreamWriter(bytes, StandardCharsets.UTF_8);
  }

  private RowWriter rows() {
    if (rows == null) {
      rows = new RowWriter();
    }
    return rows;
  }
}

package io.tributary.capture.functions;

import io.tributary.capture.functions.ChangeFields.SourceFields;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.capture.records.TopicRecord;
import io.tributary.common.ChangeEvent;
import io.tributary.common.ChangeEvent.Op;
import io.tributary.common.TableSpec;
import io.tributary.common.Version;
import io.tributary.common.Version.Half;
import io.tributary.mysql.UnseenChangeException;
import java.io.CharArrayWriter;
import java.io.IOException;
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
  private static final JsonFactory JSON = new JsonFactory();
  private static final int EVENT_CHARS = 1024;

  /** Key and value. What Kafka puts around them takes less than the rest. */
  private static final int LARGEST_EVENT_BYTES = ChangeEvent.LARGEST_RECORD_BYTES - 1024;

  private final Map<String, TableSpec> tables;
  private final BinlogEnd snapshotPlace;
  private final int epoch;
  private final SameServer sameServer;

  private transient CharArrayWriter text;
  private transient RowWriter rows;
  private transient PerSchema<ChangeFields> fields;

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
    out.collect(recordOf(sourceRecord, value));
  }

  /** What cannot be made of a change cannot be made of it at any later attempt either. */
  private TopicRecord recordOf(SourceRecord sourceRecord, Struct value) {
    try {
      return convert(sourceRecord, value);
    } catch (SuppressRestartsException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new SuppressRestartsException(
          UnseenChangeException.uncapturable("a change of " + placeIn(value), e));
    }
  }

  private TopicRecord convert(SourceRecord sourceRecord, Struct value) throws IOException {
    ChangeFields fields = fields().of(value.schema());
    Struct source = (Struct) value.get(fields.source());
    TableSpec table = tableOf((String) source.get(fields.sourceFields().table()));
    Op op = Op.ofCode((String) value.get(fields.op()));
    Struct after = (Struct) value.get(fields.after());
    sameServer.require(table.table(), op, after);
    boolean snapshot = op == Op.SNAPSHOT;
    Place place = snapshot ? snapshotPlace() : placeOf(source, fields.sourceFields());
    TopicRecord record =
        new TopicRecord(
            table.topic(),
            keyOf(sourceRecord, table),
            valueOf(value, fields, op, source, place),
            snapshot,
            versionOf(place, op),
            snapshot ? null : (String) source.get(fields.sourceFields().gtid()));
    record.beat = sameServer.beatIn(table.table(), op, after);
    requireFits(record, table, place);
    return record;
  }

  private static String placeIn(Struct value) {
    Struct source = value.getStruct(ChangeEvent.SOURCE);
    String file = source.getString(ChangeEvent.FILE);
    String place =
        file == null || file.isEmpty()
            ? "in the snapshot"
            : "at %s:%d".formatted(file, source.getInt64(ChangeEvent.POS));
    return "table %s %s".formatted(source.getString(ChangeEvent.TABLE), place);
  }

  private TableSpec tableOf(String name) {
    TableSpec table = tables.get(name);
    if (table == null) {
      throw new IllegalStateException(
          "the source sent a change of table %s, which is not captured".formatted(name));
    }
    return table;
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

  private byte[] valueOf(Struct value, ChangeFields fields, Op op, Struct source, Place place)
      throws IOException {
    return json(
        json -> {
          json.writeStartObject();
          json.writeFieldName(ChangeEvent.BEFORE);
          rows().write(json, (Struct) value.get(fields.before()));
          json.writeFieldName(ChangeEvent.AFTER);
          rows().write(json, (Struct) value.get(fields.after()));
          json.writeStringField(ChangeEvent.OP, op.code());
          json.writeNumberField(ChangeEvent.TS_MS, (Long) value.get(fields.millis()));
          json.writeFieldName(ChangeEvent.SOURCE);
          writeSource(json, source, fields.sourceFields(), place);
          json.writeEndObject();
        });
  }

  private void writeSource(JsonGenerator json, Struct source, SourceFields fields, Place place)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField(ChangeEvent.EPOCH, epoch);
    json.writeStringField(ChangeEvent.DB, (String) source.get(fields.db()));
    json.writeStringField(ChangeEvent.TABLE, (String) source.get(fields.table()));
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

  private static Place placeOf(Struct source, SourceFields fields) {
    return new Place(
        (String) source.get(fields.file()),
        (Long) source.get(fields.pos()),
        (Integer) source.get(fields.row()),
        (Long) source.get(fields.millis()));
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

  /** Not this Jackson's generator of bytes: it writes an emoji as two escapes. */
  private byte[] json(JsonBody body) throws IOException {
    if (text == null) {
      text = new CharArrayWriter(EVENT_CHARS);
    }
    text.reset();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      body.writeTo(json);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private RowWriter rows() {
    if (rows == null) {
      rows = new RowWriter();
    }
    return rows;
  }

  private PerSchema<ChangeFields> fields() {
    if (fields == null) {
      fields = new PerSchema<>(ChangeFields::of);
    }
    return fields;
  }
}

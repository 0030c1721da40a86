package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.data.Envelope;
import io.debezium.relational.TableId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.cdc.connectors.mysql.debezium.dispatcher.SignalEventDispatcher;
import org.apache.flink.cdc.connectors.mysql.debezium.dispatcher.SignalEventDispatcher.WatermarkKind;
import org.apache.flink.cdc.connectors.mysql.source.metrics.MySqlSourceReaderMetrics;
import org.apache.flink.cdc.connectors.mysql.source.offset.BinlogOffset;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlBinlogSplit;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlBinlogSplitState;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSnapshotSplit;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSnapshotSplitState;
import org.apache.flink.cdc.connectors.mysql.source.split.SourceRecords;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

class WholeChunksTest {
  private static final TableId TABLE = TableId.parse("platform.orders");
  private static final Schema ROW =
      SchemaBuilder.struct()
          .field(Envelope.FieldName.OPERATION, Schema.STRING_SCHEMA)
          .field("id", Schema.INT64_SCHEMA)
          .build();
  private static final Schema WATERMARK =
      SchemaBuilder.struct()
          .name(SignalEventDispatcher.SIGNAL_EVENT_VALUE_SCHEMA_NAME)
          .field(SignalEventDispatcher.SPLIT_ID_KEY, Schema.STRING_SCHEMA)
          .field(SignalEventDispatcher.WATERMARK_KIND, Schema.STRING_SCHEMA)
          .build();

  private final Output output = new Output();
  private final WholeChunks<Long> chunks =
      new WholeChunks<>(new Ids(), new MySqlSourceReaderMetrics(new UnregisteredMetricsGroup()));

  @Test
  void passesOnTheRowsOfAChunkInTheCallThatMarksItAsRead() throws Exception {
    MySqlSnapshotSplitState chunk = chunk(0);

    chunks.emitRecord(records(watermark(WatermarkKind.LOW), row(1), row(2)), output, chunk);
    chunks.emitRecord(records(row(3)), output, chunk);
    assertThat(output.rows).isEmpty();
    assertThat(chunk.toMySqlSplit().isSnapshotReadFinished()).isFalse();

    chunks.emitRecord(records(row(4), watermark(WatermarkKind.HIGH)), output, chunk);
    assertThat(output.rows).containsExactly(1L, 2L, 3L, 4L);
    assertThat(chunk.toMySqlSplit().isSnapshotReadFinished()).isTrue();
  }

  @Test
  void passesOnEachChunkOnce() throws Exception {
    chunks.emitRecord(records(row(1), watermark(WatermarkKind.HIGH)), output, chunk(0));
    chunks.emitRecord(records(watermark(WatermarkKind.HIGH)), output, chunk(1));
    chunks.emitRecord(records(row(2), watermark(WatermarkKind.HIGH)), output, chunk(2));

    assertThat(output.rows).containsExactly(1L, 2L);
  }

  @Test
  void refusesToForgetRowsOfAChunkThatWasNotFinished() throws Exception {
    chunks.emitRecord(records(row(1)), output, chunk(0));

    assertThatThrownBy(() -> chunks.emitRecord(records(row(2)), output, chunk(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "chunk platform.orders:1 begins, and the 1 rows of chunk platform.orders:0 are not passed on");
  }

  /** As where the first column of the key has few values. */
  @Test
  void stopsForGoodAtAChunkThatMayNotFitIntoMemory() throws Exception {
    SourceRecord[] part = new SourceRecord[10_000];
    Arrays.setAll(part, id -> row(id));
    for (int rows = 0; rows < WholeChunks.LARGEST_CHUNK; rows += part.length) {
      chunks.emitRecord(records(part), output, chunk(0));
    }

    assertThatThrownBy(() -> chunks.emitRecord(records(row(1)), output, chunk(0)))
        .isInstanceOf(SuppressRestartsException.class)
        .hasStackTraceContaining("chunk platform.orders:0 of the first snapshot has more than");
  }

  /**
   * The connector notes the end of the transaction, and of the changed key, with the first half.
   */
  @Test
  void notesBehindChangesWhereTheBinlogIsToBeReadOn() throws Exception {
    MySqlBinlogSplitState binlog = binlog();
    String server = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    chunks.emitRecord(
        records(Changes.deleteOfAChangedKey(1, server + ":1-7", server + ":7", 0)), output, binlog);

    assertThat(output.rows).containsExactly(1L);
    assertThat(binlog.getStartingOffset().getGtidSet()).isEqualTo(server + ":1-6");
    assertThat(binlog.getStartingOffset().getRestartSkipRows()).isZero();

    chunks.emitRecord(
        records(
            Changes.change("c", 2, server + ":1-6", server + ":7", 0),
            Changes.change("u", 3, server + ":1-7", server + ":8", 4)),
        output,
        binlog);

    assertThat(output.rows).containsExactly(1L, 2L, 3L);
    assertThat(binlog.getStartingOffset().getGtidSet()).isEqualTo(server + ":1-7");
    assertThat(binlog.getStartingOffset().getRestartSkipRows()).isEqualTo(5);
  }

  @Test
  void notesNoPlaceWhereNothingChanged() throws Exception {
    MySqlBinlogSplitState binlog = binlog();

    chunks.emitRecord(records(), output, binlog);

    assertThat(binlog.getStartingOffset().getPosition()).isEqualTo(4);
  }

  private static MySqlBinlogSplitState binlog() {
    return new MySqlBinlogSplitState(
        new MySqlBinlogSplit(
            "binlog-split",
            BinlogOffset.ofBinlogFilePosition("binlog.000001", 4),
            BinlogOffset.ofNonStopping(),
            List.of(),
            Map.of(),
            0));
  }

  private static MySqlSnapshotSplitState chunk(int number) {
    RowType key = RowType.of(new BigIntType());
    return new MySqlSnapshotSplitState(
        new MySqlSnapshotSplit(TABLE, number, key, null, null, null, Map.of()));
  }

  private static SourceRecords records(SourceRecord... records) {
    return new SourceRecords(Arrays.asList(records));
  }

  private static SourceRecord row(long id) {
    Struct value = new Struct(ROW).put(Envelope.FieldName.OPERATION, "r").put("id", id);
    return new SourceRecord(Map.of(), Map.of(), "t", ROW, value);
  }

  private static SourceRecord watermark(WatermarkKind kind) {
    Struct value =
        new Struct(WATERMARK)
            .put(SignalEventDispatcher.SPLIT_ID_KEY, "any")
            .put(SignalEventDispatcher.WATERMARK_KIND, kind.name());
    Map<String, ?> place = Map.of("file", "binlog.000001", "pos", "4");
    return new SourceRecord(Map.of(), place, "t", WATERMARK, value);
  }

  private static final class Ids implements DebeziumDeserializationSchema<Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(SourceRecord row, Collector<Long> out) {
      out.collect(((Struct) row.value()).getInt64("id"));
    }

    @Override
    public TypeInformation<Long> getProducedType() {
      return Types.LONG;
    }
  }

  private static final class Output implements SourceOutput<Long> {
    private final List<Long> rows = new ArrayList<>();

    @Override
    public void collect(Long row) {
      rows.add(row);
    }

    @Override
    public void collect(Long row, long timestamp) {
      throw new AssertionError("no record of these tests has a timestamp");
    }

    @Override
    public void emitWatermark(Watermark watermark) {
      throw new AssertionError("there are none");
    }

    @Override
    public void markIdle() {
      throw new AssertionError("nobody asked");
    }

    @Override
    public void markActive() {
      throw new AssertionError("nobody asked");
    }
  }
}

package io.tributary.capture.source;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.cdc.connectors.mysql.source.metrics.MySqlSourceReaderMetrics;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlRecordEmitter;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSplitState;
import org.apache.flink.cdc.connectors.mysql.source.split.SourceRecords;
import org.apache.flink.cdc.connectors.mysql.source.utils.RecordUtils;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.Collector;

/**
 * Passes the rows of a snapshot on by whole chunks: no checkpoint falls into the middle of one. And
 * notes behind changes from where the binlog is to be read on, see {@link RestartPlaces}.
 *
 * <p>The connector passes a snapshot's rows on as they come, and reads a chunk that was not
 * finished at the last checkpoint again, from the start and as it is then. What a checkpoint had
 * committed of it would be in the topic twice; a row that was deleted in between would stay in the
 * warehouse for good, because the second reading does not have it and the binlog is read from there
 * on; and a row that was changed in between would be there twice with one version.
 *
 * <p>So the rows are kept until the chunk's end, which also marks the chunk as read: both happen in
 * one call, and checkpoints come between calls.
 */
final class WholeChunks<T> extends MySqlRecordEmitter<T> {
  /**
   * Rows of a chunk that are kept, at most. It has some 8,000, but where the key's first column, by
   * which the connector cuts a table, has few values: then all rows of one value are a chunk.
   */
  static final int LARGEST_CHUNK = 250_000;

  private final DebeziumDeserializationSchema<T> deserializer;
  private final MySqlSourceReaderMetrics metrics;
  private final PassedOn<T> passedOn = new PassedOn<>();
  private final List<T> held = new ArrayList<>();
  private final Collector<T> hold = new ListCollector<>(held);
  private String chunk;

  /**
   * @param deserializer makes the rows
   * @param metrics of the reader
   */
  WholeChunks(DebeziumDeserializationSchema<T> deserializer, MySqlSourceReaderMetrics metrics) {
    super(deserializer, metrics, true);
    this.deserializer = deserializer;
    this.metrics = metrics;
  }

  @Override
  public void emitRecord(SourceRecords records, SourceOutput<T> output, MySqlSplitState split)
      throws Exception {
    if (split.isSnapshotSplitState()) {
      emitRows(records, output, split);
    } else {
      emitChanges(records, output, split);
    }
  }

  /**
   * All in one call, in which no checkpoint falls: so the place behind the last change is enough.
   * The connector's own way finds and keeps it for each, which takes longer than the change itself.
   */
  private void emitChanges(SourceRecords records, SourceOutput<T> output, MySqlSplitState split)
      throws Exception {
    passedOn.output = output;
    SourceRecord newest = null;
    for (SourceRecord record : records.getSourceRecordList()) {
      if (RecordUtils.isDataChangeRecord(record)) {
        deserializer.deserialize(record, passedOn);
        newest = record;
      } else {
        notePlace(newest, split);
        newest = null;
        processElement(record, output, split);
      }
    }
    notePlace(newest, split);
  }

  private void notePlace(SourceRecord newest, MySqlSplitState split) {
    if (newest == null) {
      return;
    }
    split.asBinlogSplitState().setStartingOffset(RestartPlaces.after(newest));
    Long changedAt = RecordUtils.getMessageTimestamp(newest);
    Long readAt = RecordUtils.getFetchTimestamp(newest);
    if (changedAt != null && readAt != null) {
      metrics.recordFetchDelay(readAt - changedAt);
    }
  }

  private void emitRows(SourceRecords records, SourceOutput<T> output, MySqlSplitState split)
      throws Exception {
    requireInTurn(split.asSnapshotSplitState().toMySqlSplit().splitId());
    for (SourceRecord record : records.getSourceRecordList()) {
      if (RecordUtils.isDataChangeRecord(record)) {
        requireRoom();
        deserializer.deserialize(record, hold);
      } else {
        if (RecordUtils.isHighWatermarkEvent(record)) {
          held.forEach(output::collect);
          held.clear();
        }
        processElement(record, output, split);
      }
    }
  }

  /** A reader reads its chunks one after the other: what is held belongs to the one at hand. */
  private void requireInTurn(String current) {
    if (!current.equals(chunk) && !held.isEmpty()) {
      throw new IllegalStateException(
          "chunk %s begins, and the %d rows of chunk %s are not passed on"
              .formatted(current, held.size(), chunk));
    }
    chunk = current;
  }

  private void requireRoom() {
    if (held.size() == LARGEST_CHUNK) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: chunk %s of the first snapshot has more than %d rows, which may not fit into memory. A table is cut into chunks by the first column of its primary key: put a column with more values there, then raise the setting `snapshot` by one and run `make up`."
                  .formatted(chunk, LARGEST_CHUNK)));
    }
  }

  /** Changes on their way. Nothing asks for their time. */
  private static final class PassedOn<T> implements Collector<T> {
    private SourceOutput<T> output;

    @Override
    public void collect(T change) {
      output.collect(change);
    }

    @Override
    public void close() {
      // It is not this one's to close.
    }
  }
}

package io.tributary.clickhouse;

import io.tributary.clickhouse.schema.TableSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.concurrent.ExecutorThreadFactory;

/** The sink in one subtask: a lane per table. */
final class ClickHouseWriter<T> implements SinkWriter<T> {
  private static final long CLOSE_SECONDS = 10;

  private final Warehouse warehouse;
  private final DeadLetters<T> deadLetters;
  private final MailboxExecutor mailbox;
  private final RowEncoder<T> encoder;
  private final List<TableSchema> schemas;
  private final List<TableLane<T>> lanes = new ArrayList<>();
  private final Counter elementsOut;
  private final ExecutorService inserts =
      Executors.newCachedThreadPool(new ExecutorThreadFactory("clickhouse-insert"));

  ClickHouseWriter(
      WriterInitContext context,
      Warehouse warehouse,
      List<TableSchema> schemas,
      RowEncoder<T> encoder,
      DeadLetters<T> deadLetters,
      FlushSettings settings) {
    this.warehouse = warehouse;
    this.schemas = schemas;
    this.deadLetters = deadLetters;
    this.mailbox = context.getMailboxExecutor();
    this.encoder = encoder;
    this.elementsOut = context.metricGroup().getNumRecordsSendCounter();
    for (TableSchema schema : schemas) {
      lanes.add(
          new TableLane<>(
              schema.table(),
              settings,
              new WarehouseTable(warehouse, schema),
              deadLetters::add,
              inserts,
              mailbox,
              context.getProcessingTimeService(),
              context.metricGroup()));
    }
  }

  @Override
  public void write(T element, Context context) throws IOException, InterruptedException {
    TableLane<T> lane = lanes.get(encoder.table(element));
    lane.awaitRoom();
    lane.add(element, encoder);
    elementsOut.inc();
  }

  /** Returns once every element written so far is stored, or safe among the dead letters. */
  @Override
  public void flush(boolean endOfInput) throws IOException, InterruptedException {
    lanes.forEach(TableLane::drain);
    while (!lanes.stream().allMatch(TableLane::isEmpty)) {
      mailbox.yield();
    }
    requireSameTables();
    deadLetters.flush();
  }

  /**
   * What was inserted into a table that changed meanwhile may have been taken for something else,
   * without a word: such a checkpoint must not complete. The job then starts again from the last
   * one, and its rows, with the versions that they had, take the place of those.
   */
  private void requireSameTables() throws InterruptedException {
    List<String> tables = schemas.stream().map(TableSchema::table).toList();
    List<TableSchema> now =
        Patience.until("ClickHouse describes " + tables, () -> warehouse.describe(tables));
    for (int i = 0; i < now.size(); i++) {
      schemas.get(i).requireSame(now.get(i));
    }
  }

  @Override
  public void close() throws IOException {
    inserts.shutdownNow();
    try {
      // Breaks the connections, so that an insert that waits for its answer ends as well.
      IOUtils.closeAll(warehouse, deadLetters);
    } catch (Exception e) {
      throw new IOException("the ClickHouse sink did not close cleanly", e);
    } finally {
      awaitInserts();
    }
  }

  private void awaitInserts() {
    try {
      inserts.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      // The threads are on their way out, and the task is in a hurry.
      Thread.currentThread().interrupt();
    }
  }
}

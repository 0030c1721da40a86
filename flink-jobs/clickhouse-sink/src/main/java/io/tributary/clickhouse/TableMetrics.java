package io.tributary.clickhouse;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** A table's metrics, in the group {@code table.<name>}. */
final class TableMetrics implements BatchInserter.Progress {
  private final Counter insertedRows;
  private final Counter inserts;
  private final Counter deadLetters;
  private final AtomicLong failedTries = new AtomicLong();
  private volatile long failingSince;
  private volatile long lastInsertMillis;

  TableMetrics(MetricGroup parent, String table, LongSupplier bufferedRows) {
    MetricGroup group = parent.addGroup("table", table);
    insertedRows = group.counter("insertedRows");
    inserts = group.counter("inserts");
    deadLetters = group.counter("deadLetters");
    group.gauge("failedInserts", (Gauge<Long>) failedTries::get);
    group.gauge("failingForMillis", (Gauge<Long>) this::failingForMillis);
    group.gauge("lastInsertMillis", (Gauge<Long>) () -> lastInsertMillis);
    group.gauge("bufferedRows", (Gauge<Long>) bufferedRows::getAsLong);
  }

  @Override
  public void failed() {
    failedTries.incrementAndGet();
    if (failingSince == 0) {
      failingSince = System.currentTimeMillis();
    }
  }

  @Override
  public void worked() {
    failingSince = 0;
  }

  /** A batch is in. */
  void inserted(int rows, long millis) {
    inserts.inc();
    insertedRows.inc(rows);
    lastInsertMillis = millis;
  }

  /** A change became a dead letter. */
  void deadLetter() {
    deadLetters.inc();
  }

  private long failingForMillis() {
    long since = failingSince;
    return since == 0 ? 0 : System.currentTimeMillis() - since;
  }
}

package io.tributary.clickhouse;

import io.tributary.clickhouse.BatchInserter.Refused;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * One table's way into the warehouse: a batch that fills while others are on their way. Everything
 * happens on the task's thread except the insert itself, which reports back through the task's
 * mailbox.
 */
final class TableLane<T> {
  private final String table;
  private final FlushSettings settings;
  private final BatchInserter<T> inserter;
  private final DeadLetterSink<T> deadLetters;
  private final Executor inserts;
  private final MailboxExecutor mailbox;
  private final ProcessingTimeService clock;
  private final TableMetrics metrics;

  private RowBatch<T> filling = new RowBatch<>();
  private final Deque<RowBatch<T>> spares = new ArrayDeque<>();
  private int inFlight;
  private boolean draining;
  private long firstAt;
  private long lastAt;
  private boolean timerSet;
  private long restsUntil;

  /** Takes what the warehouse refused. */
  @FunctionalInterface
  interface DeadLetterSink<T> {
    void add(T element, String table, String reason) throws IOException;
  }

  TableLane(
      String table,
      FlushSettings settings,
      BatchInserter.Target target,
      DeadLetterSink<T> deadLetters,
      Executor inserts,
      MailboxExecutor mailbox,
      ProcessingTimeService clock,
      MetricGroup metricGroup) {
    this.table = table;
    this.settings = settings;
    this.deadLetters = deadLetters;
    this.inserts = inserts;
    this.mailbox = mailbox;
    this.clock = clock;
    this.metrics = new TableMetrics(metricGroup, table, () -> filling.rowCount());
    this.inserter = new BatchInserter<>(table, target, Backoff.DEFAULT, metrics);
  }

  /** Waits until there is room for another element: this is the job's back-pressure. */
  void awaitRoom() throws InterruptedException {
    while (isFull()) {
      mailbox.yield();
    }
  }

  /** Takes an element. There must be room. */
  void add(T element, RowEncoder<T> encoder) throws IOException {
    boolean first = filling.isEmpty();
    try {
      encoder.encode(element, filling.rows());
    } catch (UnwritableException e) {
      filling.dropUnowned();
      addDeadLetter(element, e.getMessage());
      return;
    }
    filling.own(element, encoder.retainedBytes(element));
    if (filling.isEmpty()) {
      return;
    }
    lastAt = clock.getCurrentProcessingTime();
    if (first) {
      firstAt = lastAt;
    }
    if (first || isFull()) {
      sendIfTime();
    }
  }

  /** Sends what there is without waiting for more, until {@link #isEmpty()}. */
  void drain() {
    draining = !filling.isEmpty();
    sendIfTime();
  }

  /** Whether nothing waits and nothing is on its way. */
  boolean isEmpty() {
    return inFlight == 0 && filling.isEmpty();
  }

  private boolean isFull() {
    return filling.rowCount() >= settings.maxRows() || filling.bytes() >= settings.maxBytes();
  }

  /**
   * Sends the batch, or looks again when it is due. While others are on their way, their end looks.
   */
  private void sendIfTime() {
    if (filling.isEmpty() || inFlight == FlushSettings.INSERTS_AT_ONCE) {
      return;
    }
    if (draining || isFull()) {
      send();
    } else if (inFlight == 0) {
      sendOrAwaitDue();
    }
  }

  private void sendOrAwaitDue() {
    if (clock.getCurrentProcessingTime() >= dueAt()) {
      send();
    } else {
      awaitDue();
    }
  }

  private void send() {
    RowBatch<T> batch = filling;
    filling = spares.isEmpty() ? new RowBatch<>() : spares.pop();
    inFlight++;
    draining = false;
    inserts.execute(() -> insert(batch));
  }

  /** Rows that come meanwhile move the time, not the timer, which then is set once more. */
  private void awaitDue() {
    if (!timerSet) {
      timerSet = true;
      clock.registerTimer(
          dueAt(),
          time -> {
            timerSet = false;
            sendIfTime();
          });
    }
  }

  private long dueAt() {
    return Math.max(restsUntil, settings.dueAt(firstAt, lastAt));
  }

  /** Runs in a thread of its own: touches nothing of the lane but what never changes. */
  private void insert(RowBatch<T> batch) {
    long start = System.nanoTime();
    try {
      List<Refused<T>> refused = inserter.insert(batch);
      long millis = (System.nanoTime() - start) / 1_000_000;
      report("rows stored in " + table, () -> onStored(batch, refused, millis));
    } catch (Throwable t) {
      // Errors too: a class that cannot be loaded must stop the job, not a thread nobody watches.
      report("failure of " + table, () -> onFailed(t));
    }
  }

  private void report(String what, ThrowingRunnable<IOException> mail) {
    try {
      mailbox.execute(mail, what);
    } catch (RejectedExecutionException e) {
      // The task is over; what was not acknowledged comes again from the last checkpoint.
    }
  }

  private void onStored(RowBatch<T> batch, List<Refused<T>> refused, long millis)
      throws IOException {
    for (Refused<T> letter : refused) {
      addDeadLetter(letter.element(), letter.reason());
    }
    restsUntil = settings.restsUntil(clock.getCurrentProcessingTime(), millis, batch.rowCount());
    int left = refused.stream().mapToInt(Refused::rows).sum();
    metrics.inserted(batch.rowCount() - left, millis);
    batch.clear();
    spares.push(batch);
    inFlight--;
    sendIfTime();
  }

  private void onFailed(Throwable failure) throws IOException {
    if (failure instanceof Error error) {
      throw error;
    }
    throw new IOException(failure.getMessage(), failure);
  }

  private void addDeadLetter(T element, String reason) throws IOException {
    metrics.deadLetter();
    deadLetters.add(element, table, reason);
  }
}

package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.RowImage;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.clickhouse.testing.ClickHouseStub;
import io.tributary.clickhouse.testing.ClickHouseStub.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessageTypeInfo;
import org.apache.flink.streaming.runtime.operators.sink.SinkWriterOperatorFactory;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sink inside its Flink operator, against the stub: what only faults and timing show. */
@Timeout(60)
class ClickHouseSinkTest {
  private static final int INTERVAL = 50;
  private static final FlushSettings SETTINGS =
      new FlushSettings(
          100,
          1 << 20,
          Duration.ofMillis(INTERVAL),
          Duration.ofMillis(INTERVAL / 10),
          FlushSettings.Rest.NONE);

  /** Elements of these numbers: encoding refuses the first, the script may refuse the second. */
  private static final long UNWRITABLE = -1;

  private static final long POISON = -2;

  /** What the dead letters hold; static, because the sink is serialised on its way. */
  private static final List<String> LETTERS = Collections.synchronizedList(new ArrayList<>());

  /** What the dead letters were asked to do, in order. */
  private static final List<String> LETTER_CALLS = Collections.synchronizedList(new ArrayList<>());

  private static volatile boolean lettersAreLost;

  @TempDir Path folder;
  private ClickHouseStub clickHouse;
  private OneInputStreamOperatorTestHarness<Long, CommittableMessage<Void>> sink;

  /** Elements are numbers; even ones belong to the first table, odd ones to the second. */
  record NumberEncoder(List<TableSchema> schemas) implements RowEncoder<Long> {
    record Factory() implements RowEncoder.Factory<Long> {
      @Override
      public List<String> tables() {
        return List.of("evens", "odds");
      }

      @Override
      public RowEncoder<Long> create(List<TableSchema> schemas) {
        return new NumberEncoder(schemas);
      }
    }

    @Override
    public int table(Long element) {
      return (int) (element & 1);
    }

    @Override
    public void encode(Long element, RowBuffer rows) throws UnwritableException {
      RowImage.beginValue(rows);
      rows.int64(element);
      if (element == UNWRITABLE) {
        throw new UnwritableException("a number that cannot be written");
      }
      rows.endRow();
    }

    @Override
    public long retainedBytes(Long element) {
      return 16;
    }
  }

  record Letters() implements DeadLetters<Long> {
    @Override
    public void add(Long element, String table, String reason) {
      LETTERS.add(element + " for " + table + ": " + reason);
      LETTER_CALLS.add("add");
    }

    @Override
    public void flush() throws IOException {
      LETTER_CALLS.add("flush");
      if (lettersAreLost) {
        throw new IOException("a dead letter could not be kept");
      }
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void open() throws Exception {
    LETTERS.clear();
    LETTER_CALLS.clear();
    lettersAreLost = false;
    clickHouse =
        new ClickHouseStub()
            .withTable("evens", new Column("id", "Int64"))
            .withTable("odds", new Column("id", "Int64"));
    sink = harness(clickHouse.connection(folder));
    sink.open();
  }

  @AfterEach
  void close() throws Exception {
    sink.close();
    clickHouse.close();
  }

  @Test
  void storesEverythingBeforeACheckpointCompletes() throws Exception {
    write(0, 1, 2, 3, 4);
    assertThat(clickHouse.stored()).isEmpty();

    checkpoint();

    assertThat(ids("evens")).containsExactly(0L, 2L, 4L);
    assertThat(ids("odds")).containsExactly(1L, 3L);
    assertThat(LETTER_CALLS).containsExactly("flush");
  }

  @Test
  void waitsForEveryTableBeforeACheckpointCompletes() throws Exception {
    CountDownLatch othersAreStored = new CountDownLatch(1);
    clickHouse.onInsert(
        insert -> {
          if (insert.table().equals("evens")) {
            othersAreStored.await();
          }
          return Answer.STORED;
        });
    Thread writer = Thread.currentThread();
    Thread observer =
        new Thread(
            () -> {
              await(() -> ids("odds").size() == 1 && isBlocked(writer));
              othersAreStored.countDown();
            });
    observer.start();
    write(0, 1);

    checkpoint();
    observer.join();

    assertThat(ids("evens")).containsExactly(0L);
  }

  @Test
  void doesNotCompleteACheckpointOverATableThatWasChanged() throws Exception {
    write(0, 1);
    clickHouse.withTable("odds", new Column("id", "UInt64"));

    assertThatThrownBy(this::checkpoint)
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("table `platform`.`odds` was changed while rows were on their way");
    assertThat(LETTER_CALLS).isEmpty();
  }

  @Test
  void doesNotCompleteACheckpointWhoseLettersAreLost() throws Exception {
    lettersAreLost = true;
    write(UNWRITABLE);

    assertThatThrownBy(this::checkpoint).hasMessage("a dead letter could not be kept");
  }

  @Test
  void storesEverythingAtTheEndOfInput() throws Exception {
    write(1, 2);

    sink.endInput();

    assertThat(ids("evens")).containsExactly(2L);
    assertThat(ids("odds")).containsExactly(1L);
  }

  @Test
  void asksForAcknowledgementsThatMeanStored() throws Exception {
    write(0);
    checkpoint();

    assertThat(clickHouse.stored().get(0).settings()).containsEntry("async_insert", "0");
  }

  @Test
  void sendsABatchWhenABurstIsOverAndNotBefore() throws Exception {
    sink.setProcessingTime(1_000);
    write(0, 2);
    sink.setProcessingTime(1_000 + INTERVAL / 10 - 1);
    assertThat(clickHouse.seen()).isEmpty();

    sink.setProcessingTime(1_000 + INTERVAL / 10);
    runNextMail();

    assertThat(ids("evens")).containsExactly(0L, 2L);
    assertThat(sink.getProcessingTimeService().getNumActiveTimers()).isZero();
  }

  @Test
  void sendsABatchWhenItIsFull() throws Exception {
    write(LongStream.range(0, 100).map(i -> 2 * i).toArray());
    runNextMail();

    assertThat(ids("evens")).hasSize(100);
  }

  @Test
  void hasTwoFullBatchesOfATableInFlightAndHoldsBackWhatDoesNotFit() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    clickHouse.onInsert(
        insert -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          release.await();
          running.decrementAndGet();
          return Answer.STORED;
        });
    // Two batches on their way, the next one full: there is no room for one more.
    write(LongStream.range(0, 300).map(i -> 2 * i).toArray());
    Thread writer = Thread.currentThread();
    Thread observer =
        new Thread(
            () -> {
              await(() -> running.get() == 2 && isBlocked(writer));
              release.countDown();
            });
    observer.start();

    write(1_000);
    observer.join();
    checkpoint();

    assertThat(most).hasValue(2);
    assertThat(ids("evens")).hasSize(301);
    assertThat(clickHouse.stored())
        .extracting(insert -> insert.rows().size())
        .containsExactlyInAnyOrder(100, 100, 100, 1);
  }

  @Test
  void triesAgainWhatCanPass() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    clickHouse.onInsert(
        insert ->
            switch (tries.incrementAndGet()) {
              case 1 -> Answer.refused(252, "TOO_MANY_PARTS");
              case 2 -> Answer.HANG_UP;
              case 3 -> new Answer(503, 0, "Service Unavailable");
              default -> Answer.STORED;
            });
    write(0, 2, 4);

    checkpoint();

    assertThat(tries).hasValue(4);
    assertThat(ids("evens")).containsExactly(0L, 2L, 4L);
    assertThat(LETTERS).isEmpty();
  }

  @Test
  void waitsForAServerThatIsRestarted() throws Exception {
    int port = clickHouse.port();
    clickHouse.close();
    write(0, 2);
    sink.setProcessingTime(INTERVAL);
    // The insert is under way and finds nobody. Only then does the server come up.
    await(ClickHouseSinkTest::insertThreadWaits);
    clickHouse =
        new ClickHouseStub(port)
            .withTable("evens", new Column("id", "Int64"))
            .withTable("odds", new Column("id", "Int64"));

    checkpoint();

    assertThat(ids("evens")).containsExactly(0L, 2L);
  }

  @Test
  void keepsRowsThatAreNeverTakenAsDeadLettersAndStoresTheRest() throws Exception {
    clickHouse.onInsert(
        insert ->
            insert.rows().contains(Map.of("id", (Object) POISON))
                ? Answer.refused(469, "VIOLATED_CONSTRAINT")
                : Answer.STORED);
    write(0, 2, POISON, 4, 6);

    checkpoint();

    assertThat(ids("evens")).containsExactlyInAnyOrder(0L, 2L, 4L, 6L);
    assertThat(LETTERS).singleElement().asString().startsWith("-2 for evens: Code: 469.");
    assertThat(LETTER_CALLS).containsExactly("add", "flush");
  }

  @Test
  void keepsElementsThatCannotBeWrittenAsDeadLettersAndTakesTheirBytesBack() throws Exception {
    write(1, UNWRITABLE, 3);

    checkpoint();

    assertThat(ids("odds")).containsExactly(1L, 3L);
    assertThat(LETTERS).containsExactly("-1 for odds: a number that cannot be written");
  }

  @Test
  void stopsTheJobForWhatConcernsEveryRow() throws Exception {
    clickHouse.onInsert(insert -> Answer.refused(60, "UNKNOWN_TABLE"));
    write(0);

    assertThatThrownBy(this::checkpoint)
        .hasStackTraceContaining("ClickHouse cannot store rows in evens")
        .hasStackTraceContaining("UNKNOWN_TABLE");
    assertThat(LETTERS).isEmpty();
  }

  @Test
  void closesWhileAnInsertWaitsForItsAnswer() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    clickHouse.onInsert(
        insert -> {
          arrived.countDown();
          never.await();
          return Answer.STORED;
        });
    write(0);
    sink.setProcessingTime(INTERVAL);
    arrived.await();

    sink.close();

    // A pool is over a moment before its last thread is.
    await(() -> insertThreads().isEmpty());
  }

  @Test
  void namesATableThatIsNotThere() throws Exception {
    try (ClickHouseStub empty = new ClickHouseStub()) {
      assertThatThrownBy(harness(empty.connection(folder))::open)
          .hasStackTraceContaining("there is no table platform.evens, or user sync may not see it");
    }
  }

  private static OneInputStreamOperatorTestHarness<Long, CommittableMessage<Void>> harness(
      ClickHouseConnection connection) throws Exception {
    var harness =
        new OneInputStreamOperatorTestHarness<Long, CommittableMessage<Void>>(
            new SinkWriterOperatorFactory<>(
                new ClickHouseSink<>(
                    connection, new NumberEncoder.Factory(), Letters::new, SETTINGS)));
    harness.setup(
        CommittableMessageTypeInfo.<Void>noOutput().createSerializer(new SerializerConfigImpl()));
    return harness;
  }

  private void write(long... elements) throws Exception {
    for (long element : elements) {
      sink.processElement(element, 0);
    }
  }

  private void checkpoint() throws Exception {
    sink.prepareSnapshotPreBarrier(1);
    sink.snapshot(1, 1);
  }

  /** Waits for an insert to report back, and hears the report. */
  private void runNextMail() throws Exception {
    sink.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
  }

  private List<Object> ids(String table) {
    return clickHouse.rows(table).stream().map(row -> row.get("id")).toList();
  }

  private static List<Thread> insertThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("clickhouse-insert"))
        .filter(Thread::isAlive)
        .toList();
  }

  private static boolean insertThreadWaits() {
    return insertThreads().stream()
        .anyMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING);
  }

  private static boolean isBlocked(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }

  /** Looks every millisecond; the test's time-out ends it. */
  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
    }
  }
}

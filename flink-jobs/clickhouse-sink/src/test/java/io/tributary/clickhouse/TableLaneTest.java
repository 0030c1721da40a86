package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.clickhouse.FlushSettings.Rest;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.streaming.runtime.tasks.TestProcessingTimeService;
import org.apache.flink.util.ExceptionUtils;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.Test;

/** A lane on its own, its insert and its mailbox in the test's thread. */
class TableLaneTest {
  private static final FlushSettings EVERY_SECOND_ROW =
      new FlushSettings(2, 1 << 20, Duration.ofHours(1), Duration.ofHours(1), Rest.NONE);

  private static final FlushSettings UP_TO_50_MILLIS =
      new FlushSettings(1_000, 1 << 20, Duration.ofMillis(50), Duration.ofMillis(5), Rest.NONE);

  private static final FlushSettings RESTING_UP_TO_20_MILLIS =
      new FlushSettings(
          2, 1 << 20, Duration.ZERO, Duration.ofMillis(1), new Rest(1, 1, Duration.ofMillis(20)));

  private final List<Integer> inserts = new ArrayList<>();
  private final TestProcessingTimeService clock = new TestProcessingTimeService();

  @Test
  void letsAnErrorOfTheInsertStopTheJob() throws Exception {
    TableLane<Integer> lane =
        lane(
            (rows, from, to) -> {
              throw new NoClassDefFoundError("com/github/luben/zstd/Zstd");
            });
    write(lane, 1);

    assertThatThrownBy(() -> write(lane, 2))
        .isInstanceOf(NoClassDefFoundError.class)
        .hasMessageContaining("Zstd");
  }

  @Test
  void namesTheTableWhenTheInsertFails() throws Exception {
    TableLane<Integer> lane =
        lane(
            (rows, from, to) -> {
              throw new IllegalStateException("whatever");
            });
    write(lane, 1);

    assertThatThrownBy(() -> write(lane, 2))
        .hasStackTraceContaining("ClickHouse cannot store rows in numbers: whatever");
  }

  @Test
  void usesItsBatchesAgainAndAgain() throws Exception {
    TableLane<Integer> lane = lane((rows, from, to) -> inserts.add(to - from));
    for (int i = 0; i < 7; i++) {
      write(lane, i);
    }
    lane.drain();

    assertThat(inserts).containsExactly(2, 2, 2, 1);
    assertThat(lane.isEmpty()).isTrue();
  }

  @Test
  void hasTwoFullBatchesOnTheirWayButNoPartOfOneBesideAnother() throws Exception {
    List<Runnable> onTheirWay = new ArrayList<>();
    TableLane<Integer> lane =
        lane(
            EVERY_SECOND_ROW,
            (rows, from, to) -> inserts.add(to - from),
            new DirectMailbox(ThrowingRunnable::run),
            onTheirWay::add);
    for (int i = 0; i < 5; i++) {
      write(lane, i);
    }
    lane.drain();
    assertThat(onTheirWay).as("0 and 1, 2 and 3; the last row waits").hasSize(2);

    write(lane, 5);
    assertThatThrownBy(lane::awaitRoom).as("room").hasMessage(DirectMailbox.NOTHING_COMES);
    assertThat(onTheirWay).hasSize(2);

    onTheirWay.get(1).run();
    assertThat(onTheirWay).as("4 and 5").hasSize(3);
    write(lane, 6);
    onTheirWay.get(0).run();
    assertThat(onTheirWay).as("6 alone, beside 4 and 5").hasSize(3);

    lane.drain();
    assertThat(onTheirWay).as("6, for a checkpoint").hasSize(4);
    onTheirWay.get(2).run();
    onTheirWay.get(3).run();
    assertThat(inserts).containsExactly(2, 2, 2, 1);
    assertThat(lane.isEmpty()).isTrue();
  }

  @Test
  void waitsWhileRowsKeepComingButNotForever() throws Exception {
    TableLane<Integer> lane = lane(UP_TO_50_MILLIS, (rows, from, to) -> inserts.add(to - from));
    for (int millis = 0; millis < 100; millis += 4) {
      clock.setCurrentTime(millis);
      write(lane, millis);
    }

    assertThat(inserts).as("at 50 ms, of 13 rows").containsExactly(13);

    clock.setCurrentTime(102);
    assertThat(inserts).as("at 102 ms, 52 ms after the first of them").containsExactly(13, 12);
    assertThat(clock.getNumActiveTimers()).isZero();
  }

  @Test
  void restsAfterAnInsertUnlessABatchIsFullOrACheckpointWaits() throws Exception {
    TableLane<Integer> lane =
        lane(
            RESTING_UP_TO_20_MILLIS,
            (rows, from, to) -> {
              spendMillis(30);
              inserts.add(to - from);
            });
    clock.setCurrentTime(0);
    write(lane, 1);
    assertThat(inserts).as("the first at once").containsExactly(1);

    clock.setCurrentTime(19);
    write(lane, 2);
    assertThat(inserts).as("rests").containsExactly(1);
    clock.setCurrentTime(20);
    assertThat(inserts).as("20 ms later").containsExactly(1, 1);

    write(lane, 3);
    write(lane, 4);
    assertThat(inserts).as("full").containsExactly(1, 1, 2);

    write(lane, 5);
    lane.drain();
    assertThat(inserts).as("for a checkpoint").containsExactly(1, 1, 2, 1);
  }

  @Test
  void drainsNothingWhenThereIsNothing() {
    TableLane<Integer> lane = lane((rows, from, to) -> inserts.add(to - from));

    lane.drain();

    assertThat(inserts).isEmpty();
    assertThat(lane.isEmpty()).isTrue();
  }

  @Test
  void goesOnAsUsualAfterACheckpointThatOnlyWaitedForWhatWasOnItsWay() throws Exception {
    List<Runnable> onTheirWay = new ArrayList<>();
    TableLane<Integer> lane =
        lane(
            EVERY_SECOND_ROW,
            (rows, from, to) -> inserts.add(to - from),
            new DirectMailbox(ThrowingRunnable::run),
            onTheirWay::add);
    write(lane, 0);
    write(lane, 1);
    lane.drain();
    onTheirWay.get(0).run();

    write(lane, 2);
    assertThat(onTheirWay).as("2 waits for company").hasSize(1);
  }

  @Test
  void sendsABatchThatHoldsTooMuchMemory() throws Exception {
    FlushSettings tenBytes =
        new FlushSettings(1_000, 10, Duration.ofHours(1), Duration.ofHours(1), Rest.NONE);
    TableLane<Integer> lane = lane(tenBytes, (rows, from, to) -> inserts.add(to - from));
    for (int i = 0; i < 6; i++) {
      write(lane, i);
    }

    assertThat(inserts).as("of four bytes each").containsExactly(3, 3);
  }

  @Test
  void staysSilentWhenTheTaskIsOverBeforeTheInsert() throws Exception {
    MailboxExecutor closed =
        new DirectMailbox(
            mail -> {
              throw new RejectedExecutionException("closed");
            });
    TableLane<Integer> lane =
        lane(EVERY_SECOND_ROW, (rows, from, to) -> inserts.add(to - from), closed);
    write(lane, 1);
    write(lane, 2);

    assertThat(inserts).containsExactly(2);
    assertThat(lane.isEmpty()).isFalse();
  }

  private TableLane<Integer> lane(BatchInserter.Target target) {
    return lane(EVERY_SECOND_ROW, target);
  }

  private TableLane<Integer> lane(FlushSettings settings, BatchInserter.Target target) {
    return lane(settings, target, new DirectMailbox(ThrowingRunnable::run));
  }

  private TableLane<Integer> lane(
      FlushSettings settings, BatchInserter.Target target, MailboxExecutor mailbox) {
    return lane(settings, target, mailbox, Runnable::run);
  }

  private TableLane<Integer> lane(
      FlushSettings settings,
      BatchInserter.Target target,
      MailboxExecutor mailbox,
      Executor inserts) {
    return new TableLane<>(
        "numbers",
        settings,
        target,
        (element, table, reason) -> {},
        inserts,
        mailbox,
        clock,
        new UnregisteredMetricsGroup());
  }

  private static void spendMillis(long millis) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < millis * 1_000_000) {
      Thread.onSpinWait();
    }
  }

  private static void write(TableLane<Integer> lane, int number) throws Exception {
    lane.awaitRoom();
    lane.add(number, new IntEncoder());
  }

  private record IntEncoder() implements RowEncoder<Integer> {
    @Override
    public int table(Integer element) {
      return 0;
    }

    @Override
    public void encode(Integer element, RowBuffer rows) {
      rows.int32(element);
      rows.endRow();
    }

    @Override
    public long retainedBytes(Integer element) {
      return 0;
    }
  }

  private interface MailHandler {
    void handle(ThrowingRunnable<? extends Exception> mail) throws Exception;
  }

  /** Handles mail where it is posted. */
  private record DirectMailbox(MailHandler handler) implements MailboxExecutor {
    static final String NOTHING_COMES = "whoever waits here waits for ever";

    @Override
    public void execute(
        MailOptions options,
        ThrowingRunnable<? extends Exception> mail,
        String description,
        Object... arguments) {
      try {
        handler.handle(mail);
      } catch (Exception e) {
        ExceptionUtils.rethrow(e);
      }
    }

    @Override
    public void yield() {
      throw new AssertionError(NOTHING_COMES);
    }

    @Override
    public boolean tryYield() {
      return false;
    }

    @Override
    public boolean shouldInterrupt() {
      return false;
    }
  }
}

package io.tributary.capture.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.records.TopicRecord;
import java.time.Duration;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.StreamFilter;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // The harness may be interrupted while it closes; no test is.
class RepeatsTest {
  @Test
  void aTransactionThatIsSentAgainGoesOnWhereItWasBrokenOff() throws Exception {
    try (var harness = start(null)) {
      send(harness, "a:1", 10, 11);
      send(harness, "a:2", 20, 21);
      send(harness, "a:2", 20, 21, 22);
      send(harness, "a:3", 30);
      assertThat(versions(harness)).containsExactly(10L, 11L, 20L, 21L, 22L, 30L);
    }
  }

  @Test
  void aJobThatGoesBackKnowsWhatItHasWritten() throws Exception {
    OperatorSubtaskState inTheTransaction;
    try (var harness = start(null)) {
      send(harness, "a:1", 10, 11, 12);
      inTheTransaction = harness.snapshot(1, 0);
    }
    try (var harness = start(inTheTransaction)) {
      send(harness, "a:1", 11, 12, 13);
      assertThat(versions(harness)).containsExactly(13L);
    }
  }

  @Test
  void rowsOfASnapshotAllStandAtOnePlace() throws Exception {
    try (var harness = start(null)) {
      for (int i = 0; i < 3; i++) {
        harness.processElement(record(true, 5, null), 0);
      }
      assertThat(versions(harness)).containsExactly(5L, 5L, 5L);
    }
  }

  @Test
  void aBinlogThatGoesBackStopsCapture() throws Exception {
    try (var harness = start(null)) {
      send(harness, "a:7", 70);
      assertThatThrownBy(() -> send(harness, "b:1", 10))
          .isInstanceOf(SuppressRestartsException.class)
          .hasRootCauseMessage(
              "Capture stopped: the binlog went back, from transaction a:7 to b:1, whose change for topic t has an older place. If the source's binlog was reset, raise the setting `epoch` by one: capture then takes a new snapshot");
    }
  }

  @Test
  void aMissingHeartbeatStopsCapture() throws Exception {
    try (var harness = start(null)) {
      beat(harness, 10, 104);
      beat(harness, 11, 105);
      assertThatThrownBy(() -> beat(harness, 12, 107))
          .isInstanceOf(SuppressRestartsException.class)
          .hasStackTraceContaining("heartbeat 107 comes after heartbeat 105");
    }
  }

  @Test
  void aJobThatGoesBackKnowsTheNewestHeartbeat() throws Exception {
    OperatorSubtaskState saved;
    try (var harness = start(null)) {
      beat(harness, 10, 104);
      saved = harness.snapshot(1, 0);
    }
    try (var harness = start(saved)) {
      beat(harness, 10, 104);
      assertThatThrownBy(() -> beat(harness, 12, 106))
          .hasStackTraceContaining("heartbeat 106 comes after heartbeat 104");
    }
  }

  @Test
  void twoHeartbeatsAtOnceMayHaveOneNumber() throws Exception {
    try (var harness = start(null)) {
      beat(harness, 10, 104);
      beat(harness, 11, 104);
      beat(harness, 12, 105);
      assertThat(versions(harness)).containsExactly(10L, 11L, 12L);
    }
  }

  /** As where MySQL got an older image of its disk back. */
  @Test
  void aHeartbeatThatComesAgainStopsCapture() throws Exception {
    try (var harness = start(null)) {
      beat(harness, 10, 104);
      assertThatThrownBy(() -> beat(harness, 11, 90))
          .isInstanceOf(SuppressRestartsException.class)
          .hasStackTraceContaining("heartbeat 90 comes after heartbeat 104")
          .hasStackTraceContaining("setting `epoch`");
    }
  }

  @Test
  void heartbeatsThatSomebodyDeletedAreCountedAgain() throws Exception {
    OperatorSubtaskState saved;
    try (var harness = start(null)) {
      beat(harness, 10, 104);
      beat(harness, 11, TopicRecord.DELETED_BEAT);
      saved = harness.snapshot(1, 0);
    }
    try (var harness = start(saved)) {
      beat(harness, 12, 1);
      beat(harness, 13, 2);
      assertThat(versions(harness)).containsExactly(12L, 13L);
      assertThatThrownBy(() -> beat(harness, 14, 104))
          .hasStackTraceContaining("heartbeat 104 comes after heartbeat 2");
    }
  }

  /**
   * Also a state that no change was read for, as of a job that died in its first snapshot. What
   * counts is how long its own transactions are kept, not those of the job that goes on from it.
   */
  @Test
  void aStateThatIsOlderThanAnOpenTransactionMayBeStopsCapture() throws Exception {
    // Any age is above it.
    Duration none = Duration.ofMillis(-1);
    OperatorSubtaskState tooOld;
    try (var harness = start(null, none)) {
      tooOld = harness.snapshot(1, 0);
    }
    assertThatThrownBy(() -> start(tooOld, Duration.ofDays(7)))
        .hasStackTraceContaining("its saved state is 0 hours old");

    OperatorSubtaskState fresh;
    try (var harness = start(null, Duration.ofDays(7))) {
      fresh = harness.snapshot(1, 0);
    }
    start(fresh, none).close();
  }

  /**
   * With the union of all subtasks' states each starts, and one that reads nothing saves it again.
   */
  @Test
  void theHeartbeatOfTheSubtaskThatReadsTheBinlogCounts() throws Exception {
    OperatorSubtaskState idle;
    try (var harness = start(null)) {
      beat(harness, 10, 104);
      idle = harness.snapshot(1, 0);
    }
    OperatorSubtaskState reading;
    try (var harness = start(idle)) {
      beat(harness, 11, TopicRecord.DELETED_BEAT);
      beat(harness, 12, 1);
      reading = harness.snapshot(2, 0);
    }
    var both = AbstractStreamOperatorTestHarness.repackageState(idle, reading);
    try (var harness = start(both)) {
      beat(harness, 13, 2);
      assertThat(versions(harness)).containsExactly(13L);
    }
  }

  private static void beat(
      OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> harness, long version, long beat)
      throws Exception {
    TopicRecord record = record(false, version, "a:" + version);
    record.beat = beat;
    harness.processElement(record, 0);
  }

  private static OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> start(
      OperatorSubtaskState state) throws Exception {
    return start(state, Duration.ofDays(7));
  }

  private static OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> start(
      OperatorSubtaskState state, Duration transactionTimeout) throws Exception {
    var harness =
        new OneInputStreamOperatorTestHarness<>(
            new StreamFilter<>(new Repeats(transactionTimeout)), 1, 1, 0);
    harness.setup();
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  private static void send(
      OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> harness,
      String transaction,
      long... versions)
      throws Exception {
    for (long version : versions) {
      harness.processElement(record(false, version, transaction), 0);
    }
  }

  private static TopicRecord record(boolean snapshot, long version, String transaction) {
    return new TopicRecord("t", new byte[0], new byte[0], snapshot, version, transaction);
  }

  private static List<Long> versions(
      OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> harness) {
    return harness.extractOutputValues().stream().map(record -> record.version).toList();
  }
}

package io.tributary.capture.functions;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.capture.records.TopicRecord;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.StreamMap;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // The harness may be interrupted while it closes; no test is.
class SettledChangesTest {
  @Test
  void changesSettleWithTheFirstCheckpointTakenBehindTheSnapshot() throws Exception {
    try (var harness = start(null)) {
      send(harness, true);
      harness.snapshot(1, 0);
      harness.notifyOfCompletedCheckpoint(1);
      send(harness, false);
      harness.snapshot(2, 0);
      send(harness, false);
      harness.notifyOfCompletedCheckpoint(2);
      send(harness, false);
      assertThat(settled(harness)).containsExactly(false, false, false, true);
    }
  }

  @Test
  void aCheckpointThatIsNeverCompletedSettlesNothing() throws Exception {
    try (var harness = start(null)) {
      send(harness, false);
      harness.snapshot(1, 0);
      send(harness, false);
      harness.snapshot(2, 0);
      send(harness, false);
      harness.notifyOfCompletedCheckpoint(2);
      send(harness, false);
      assertThat(settled(harness)).containsExactly(false, false, false, true);
    }
  }

  @Test
  void rowsOfTheSnapshotAreNeverSettled() throws Exception {
    try (var harness = start(behindTheSnapshot())) {
      send(harness, true);
      assertThat(settled(harness)).containsExactly(false);
    }
  }

  @Test
  void aJobThatGoesOnBehindTheSnapshotIsSettledAtOnce() throws Exception {
    try (var harness = start(behindTheSnapshot())) {
      send(harness, false);
      assertThat(settled(harness)).containsExactly(true);
    }
  }

  @Test
  void aJobThatGoesBackIntoTheSnapshotIsNot() throws Exception {
    OperatorSubtaskState inTheSnapshot;
    try (var harness = start(null)) {
      send(harness, true);
      inTheSnapshot = harness.snapshot(1, 0);
    }
    try (var harness = start(inTheSnapshot)) {
      send(harness, false);
      assertThat(settled(harness)).containsExactly(false);
    }
  }

  private static OperatorSubtaskState behindTheSnapshot() throws Exception {
    try (var harness = start(null)) {
      send(harness, false);
      return harness.snapshot(1, 0);
    }
  }

  private static OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> start(
      OperatorSubtaskState state) throws Exception {
    var harness =
        new OneInputStreamOperatorTestHarness<>(new StreamMap<>(new SettledChanges()), 1, 1, 0);
    harness.setup();
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  private static void send(
      OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> harness, boolean snapshot)
      throws Exception {
    harness.processElement(new TopicRecord("t", new byte[0], new byte[0], snapshot, 1, "a:1"), 0);
  }

  private static List<Boolean> settled(
      OneInputStreamOperatorTestHarness<TopicRecord, TopicRecord> harness) {
    return harness.extractOutputValues().stream().map(record -> record.settled).toList();
  }
}

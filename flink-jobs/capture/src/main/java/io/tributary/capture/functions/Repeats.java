package io.tributary.capture.functions;

import io.tributary.capture.records.TopicRecord;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.RichFilterFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;

/**
 * Leaves out the changes that the source brings a second time. The client that reads the binlog
 * connects again by itself when it has heard nothing for a while, be it that MySQL is gone or that
 * Kafka has held it up, and MySQL then sends the transaction that was broken off from its start.
 *
 * <p>In a binlog versions only grow. One that goes back outside the transaction at hand means that
 * the binlog itself went back, as after a reset, and stops capture for good.
 *
 * <p>So does a heartbeat that is missing: MySQL counts them without gaps, so what else it wrote at
 * that time was not read either. And so does one that comes again: MySQL was set back to an earlier
 * state, such as an image of its disk, and what it has written since then under the names of
 * transactions that were read before is not sent. Unless somebody deleted heartbeats.
 *
 * <p>And so does a saved state that is too old: what its checkpoint had prepared and not committed,
 * Kafka has aborted meanwhile and then forgotten, and what is forgotten passes for committed.
 */
public final class Repeats extends RichFilterFunction<TopicRecord> implements CheckpointedFunction {
  private static final long serialVersionUID = 1L;

  private static final long NONE = -1;

  private final Duration transactionTimeout;

  /**
   * Version and transaction of the newest change, number of the newest heartbeat, and when that was
   * saved, in milliseconds since 1970. The subtask that reads the binlog has the highest version.
   */
  private transient ListState<Tuple4<Long, String, Long, Long>> saved;

  /**
   * How long Kafka keeps what was prepared for that state, in milliseconds. The setting may have
   * changed since.
   */
  private transient ListState<Long> kept;

  private transient long newest;
  private transient String transaction;
  private transient long newestBeat;

  /**
   * @param transactionTimeout how long Kafka keeps a transaction open that nobody commits
   */
  public Repeats(Duration transactionTimeout) {
    this.transactionTimeout = transactionTimeout;
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    // Every subtask gets what all had: which of them reads the binlog may change.
    saved =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>(
                    "read", Types.TUPLE(Types.LONG, Types.STRING, Types.LONG, Types.LONG)));
    kept =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("kept", Types.LONG));
    newest = NONE;
    newestBeat = TopicRecord.NO_BEAT;
    Duration kept = shortestKept();
    for (Tuple4<Long, String, Long, Long> place : saved.get()) {
      requireFresh(Duration.ofMillis(System.currentTimeMillis() - place.f3), kept);
      if (place.f0 > newest) {
        newest = place.f0;
        transaction = place.f1;
        newestBeat = place.f2;
      }
    }
  }

  /** The setting, for a state from before it was saved. */
  private Duration shortestKept() throws Exception {
    Duration shortest = null;
    for (long millis : kept.get()) {
      Duration one = Duration.ofMillis(millis);
      shortest = shortest == null || one.compareTo(shortest) < 0 ? one : shortest;
    }
    return shortest == null ? transactionTimeout : shortest;
  }

  private static void requireFresh(Duration age, Duration kept) {
    if (age.compareTo(kept) > 0) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: its saved state is %d hours old, and Kafka keeps what capture has prepared and not committed for %d hours only, so changes may be missing in the topics. Raise the setting `snapshot` by one and run `make up`: capture takes a new snapshot. docs/operations.md tells the rest."
                  .formatted(age.toHours(), kept.toHours())));
    }
  }

  @Override
  public boolean filter(TopicRecord record) {
    if (record.snapshot) {
      return true;
    }
    if (record.version > newest) {
      follow(record.beat);
      newest = record.version;
      transaction = record.transaction;
      return true;
    }
    if (!Objects.equals(record.transaction, transaction)) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: the binlog went back, from transaction %s to %s, whose change for topic %s has an older place. If the source's binlog was reset, raise the setting `epoch` by one: capture then takes a new snapshot"
                  .formatted(transaction, record.transaction, record.topic)));
    }
    return false;
  }

  /** Two beats at once may have one number. */
  private void follow(long beat) {
    if (beat == TopicRecord.NO_BEAT) {
      return;
    }
    if (beat == TopicRecord.DELETED_BEAT) {
      newestBeat = TopicRecord.NO_BEAT;
      return;
    }
    if (newestBeat != TopicRecord.NO_BEAT && beat > newestBeat + 1) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: heartbeat %d comes after heartbeat %d, so what MySQL wrote in between was not read, or not written as rows. Raise the setting `snapshot` by one, or `epoch` if the binlog began again, and run `make up`: capture takes a new snapshot. docs/operations.md tells the rest."
                  .formatted(beat, newestBeat)));
    }
    if (beat < newestBeat) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: heartbeat %d comes after heartbeat %d, so MySQL was set back to an earlier state, and what it wrote since then was not read. Raise the setting `epoch` by one and run `make up`: capture takes a new snapshot, whose rows outrank all earlier ones. docs/operations.md tells the rest."
                  .formatted(beat, newestBeat)));
    }
    newestBeat = beat;
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    saved.update(List.of(Tuple4.of(newest, transaction, newestBeat, System.currentTimeMillis())));
    kept.update(List.of(transactionTimeout.toMillis()));
  }
}

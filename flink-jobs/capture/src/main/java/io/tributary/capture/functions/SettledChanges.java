package io.tributary.capture.functions;

import io.tributary.capture.records.TopicRecord;
import java.util.List;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;

/**
 * Marks the changes that may be shown before their transaction is committed: those that come again
 * just the same, with the same version, if the transaction is aborted and the job goes back.
 *
 * <p>That holds for changes from the binlog as soon as a checkpoint has completed that was taken
 * after the first of them: from there on the job never goes back into the snapshot. Before, it does
 * not: a table's part that is read again swallows the changes made until then, so that what was
 * shown of them would outrank the newer row for ever.
 */
public final class SettledChanges extends RichMapFunction<TopicRecord, TopicRecord>
    implements CheckpointedFunction, CheckpointListener {
  private static final long serialVersionUID = 1L;
  private static final long NONE = -1;

  /** Whether the checkpoint was taken behind the snapshot. */
  private transient ListState<Boolean> behindSnapshot;

  private transient boolean sawChange;
  private transient long settlingCheckpoint;
  private transient boolean settled;

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    // Every subtask gets what all had: which of them reads the binlog may change.
    behindSnapshot =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("behind-snapshot", Types.BOOLEAN));
    settlingCheckpoint = NONE;
    for (boolean behind : behindSnapshot.get()) {
      settled |= behind;
    }
    sawChange = settled;
  }

  @Override
  public TopicRecord map(TopicRecord record) {
    sawChange |= !record.snapshot;
    record.settled = settled && !record.snapshot;
    return record;
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    if (sawChange && settlingCheckpoint == NONE) {
      settlingCheckpoint = context.getCheckpointId();
    }
    behindSnapshot.update(List.of(sawChange));
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) {
    settled |= settlingCheckpoint != NONE && checkpointId >= settlingCheckpoint;
  }
}

package io.tributary.capture.functions;

import io.tributary.capture.preflight.Beat;
import io.tributary.capture.preflight.EpochCheck;
import io.tributary.capture.records.TopicRecord;
import io.tributary.common.ChangeEvent.Op;
import java.io.Serializable;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Stops capture where a heartbeat shows that another server writes the binlog now, as after a
 * failover: its places mean nothing beside the earlier ones.
 *
 * @param heartbeats the table with the heartbeats
 * @param serverUuid the server that was there when the job was submitted
 * @param epoch the source's epoch
 */
public record SameServer(String heartbeats, String serverUuid, int epoch) implements Serializable {
  /**
   * Looks at a change if it is a heartbeat. Rows of a snapshot may be of a server before this one.
   *
   * @throws SuppressRestartsException if it is another server's: the job fails for good
   */
  void require(String table, Op op, Struct after) {
    if (!isBeat(table, op, after)) {
      return;
    }
    String writer = after.getString(Beat.SERVER_UUID);
    if (!serverUuid.equals(writer)) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: server %s writes the binlog now, and the one that capture knows is %s. %s"
                  .formatted(writer, serverUuid, EpochCheck.remedy(epoch))));
    }
  }

  /** The number of a heartbeat, {@link TopicRecord#DELETED_BEAT} or {@link TopicRecord#NO_BEAT}. */
  long beatIn(String table, Op op, Struct after) {
    if (isBeat(table, op, after)) {
      return after.getInt64(Beat.NUMBER);
    }
    return op == Op.DELETE && table.equals(heartbeats)
        ? TopicRecord.DELETED_BEAT
        : TopicRecord.NO_BEAT;
  }

  private boolean isBeat(String table, Op op, Struct after) {
    return op != Op.SNAPSHOT && after != null && table.equals(heartbeats);
  }
}

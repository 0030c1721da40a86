package io.tributary.capture.source;

import io.debezium.connector.mysql.GtidSet;
import io.debezium.data.Envelope;
import io.debezium.relational.RelationalChangeRecordEmitter;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.flink.cdc.connectors.mysql.source.offset.BinlogOffset;
import org.apache.flink.cdc.connectors.mysql.source.utils.RecordUtils;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;

/**
 * Where the binlog is to be read on after a change, if the job goes back to a checkpoint that was
 * taken just behind it: the transactions that were read, and the events and rows that were read of
 * the one at hand.
 *
 * <p>The connector's own answer leaves changes out in two cases:
 *
 * <ul>
 *   <li>A transaction is sent again from its start, because the connection broke off in it. The
 *       connector then counts it among those that were read, while it still reads it: the rest
 *       would never come, and the events to skip would be taken from later transactions.
 *   <li>A row's key changes. It comes as a delete and an insert, and both are said to be read with
 *       the delete: the insert would never come.
 * </ul>
 *
 * <p>What comes twice instead is left out by {@code Repeats}.
 */
final class RestartPlaces {
  /** The source's field with the transaction. */
  private static final String GTID = "gtid";

  private RestartPlaces() {}

  /** The place behind a change from the binlog. */
  static BinlogOffset after(SourceRecord change) {
    BinlogOffset said = RecordUtils.getBinlogPosition(change);
    Map<String, String> place = new HashMap<>(said.getOffset());
    String transaction =
        ((Struct) change.value()).getStruct(Envelope.FieldName.SOURCE).getString(GTID);
    if (said.getGtidSet() != null && transaction != null) {
      place.put(BinlogOffset.GTID_SET_KEY, without(new GtidSet(said.getGtidSet()), transaction));
    }
    if (isFirstOfTwo(change)) {
      place.put(
          BinlogOffset.ROWS_TO_SKIP_OFFSET_KEY, String.valueOf(said.getRestartSkipRows() - 1));
    }
    return BinlogOffset.builder().setOffsetMap(place).build();
  }

  private static boolean isFirstOfTwo(SourceRecord change) {
    return change.headers().lastWithName(RelationalChangeRecordEmitter.PK_UPDATE_NEWKEY_FIELD)
        != null;
  }

  /** Server by server, since the set's own way fails where the other has not the same servers. */
  private static String without(GtidSet all, String gtid) {
    GtidSet one = new GtidSet(gtid);
    Predicate<String> itsServer = server -> one.forServerWithId(server) != null;
    return all.retainAll(itsServer.negate())
        .with(all.retainAll(itsServer).subtract(one))
        .toString();
  }
}

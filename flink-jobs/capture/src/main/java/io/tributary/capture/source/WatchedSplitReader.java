package io.tributary.capture.source;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.apache.flink.cdc.connectors.mysql.debezium.reader.BinlogSplitReader;
import org.apache.flink.cdc.connectors.mysql.debezium.task.context.StatefulTaskContext;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfig;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSourceReaderContext;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSplitReader;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSplit;
import org.apache.flink.cdc.connectors.mysql.source.split.SourceRecords;
import org.apache.flink.cdc.connectors.mysql.source.utils.hooks.SnapshotPhaseHooks;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;

/**
 * The connector's reader, which fails at {@link UnreadEvents} instead of passing over them.
 *
 * <p>The connector has no place for a second listener to the binlog, so its client is taken out of
 * its private parts, before it connects.
 */
@SuppressWarnings("try") // As the connector has it, closing may be interrupted.
final class WatchedSplitReader extends MySqlSplitReader {
  private static final MethodHandle BINLOG_READER;
  private static final MethodHandle CONTEXT;

  static {
    try {
      BINLOG_READER =
          MethodHandles.privateLookupIn(MySqlSplitReader.class, MethodHandles.lookup())
              .findVirtual(
                  MySqlSplitReader.class,
                  "getBinlogSplitReader",
                  MethodType.methodType(BinlogSplitReader.class));
      CONTEXT =
          MethodHandles.privateLookupIn(BinlogSplitReader.class, MethodHandles.lookup())
              .findGetter(
                  BinlogSplitReader.class, "statefulTaskContext", StatefulTaskContext.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final UnreadEvents unread;
  private boolean readsBinlog;
  private BinlogSplitReader watched;

  WatchedSplitReader(
      MySqlSourceConfig config,
      int subtask,
      MySqlSourceReaderContext context,
      UnreadEvents unread) {
    super(config, subtask, context, SnapshotPhaseHooks.empty());
    this.unread = unread;
  }

  @Override
  public void handleSplitsChanges(SplitsChange<MySqlSplit> change) {
    super.handleSplitsChanges(change);
    readsBinlog |= change.splits().stream().anyMatch(MySqlSplit::isBinlogSplit);
  }

  @Override
  public RecordsWithSplitIds<SourceRecords> fetch() throws IOException {
    if (readsBinlog) {
      watch();
    }
    try {
      return super.fetch();
    } finally {
      unread.requireNone();
    }
  }

  /** The reader is made when it is first asked for, and made anew after it was closed. */
  BinaryLogClient watch() {
    BinlogSplitReader reader = binlogReader();
    BinaryLogClient client = contextOf(reader).getBinaryLogClient();
    if (reader != watched) {
      client.registerEventListener(unread);
      watched = reader;
    }
    return client;
  }

  private BinlogSplitReader binlogReader() {
    try {
      return (BinlogSplitReader) BINLOG_READER.invokeExact((MySqlSplitReader) this);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static StatefulTaskContext contextOf(BinlogSplitReader reader) {
    try {
      return (StatefulTaskContext) CONTEXT.invokeExact(reader);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}

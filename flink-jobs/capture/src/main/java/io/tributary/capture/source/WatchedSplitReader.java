package io.tributary.capture.source;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import io.debezium.connector.base.ChangeEventQueue;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
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
 * The connector's reader, which fails at {@link UnreadEvents} instead of passing over them, and can
 * be closed at any time.
 *
 * <p>The connector has no place for a second listener to the binlog, so its client is taken out of
 * its private parts, before it connects.
 */
@SuppressWarnings("try") // As the connector has it, closing may be interrupted.
final class WatchedSplitReader extends MySqlSplitReader {
  private static final MethodHandle BINLOG_READER;
  private static final MethodHandle CONTEXT;

  /** Between two looks at a queue whose filling has failed. */
  private static final Duration PAUSE = Duration.ofMillis(10);

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
    for (MySqlSplit split : change.splits()) {
      if (split.isBinlogSplit()) {
        unread.goOnFrom(split.asBinlogSplit().getStartingOffset().getGtidSet());
        readsBinlog = true;
      }
    }
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

  /**
   * The connector says goodbye to MySQL through its client, and waits for as long as that is busy:
   * for ever, where the client waits for room in the queue, which nobody empties any more.
   */
  @Override
  public void close() throws Exception {
    ChangeEventQueue<?> queue = watched == null ? null : contextOf(watched).getQueue();
    if (queue == null) {
      super.close();
      return;
    }
    Thread emptying = emptying(queue);
    try {
      super.close();
    } finally {
      emptying.interrupt();
    }
  }

  /** Throws away what is in a queue and still comes, until it is interrupted. */
  static Thread emptying(ChangeEventQueue<?> queue) {
    Thread emptying =
        new Thread(
            () -> {
              while (!Thread.interrupted()) {
                try {
                  queue.poll();
                } catch (InterruptedException e) {
                  return;
                } catch (RuntimeException e) {
                  // Why the client failed interests nobody now.
                  LockSupport.parkNanos(PAUSE.toNanos());
                }
              }
            },
            "binlog-queue-emptying");
    emptying.setDaemon(true);
    emptying.start();
    return emptying;
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

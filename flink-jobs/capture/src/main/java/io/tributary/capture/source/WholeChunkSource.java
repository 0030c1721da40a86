package io.tributary.capture.source;

import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializationException;
import io.debezium.text.ParsingException;
import io.tributary.mysql.UnseenChangeException;
import java.io.IOException;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.cdc.connectors.mysql.source.MySqlSource;
import org.apache.flink.cdc.connectors.mysql.source.assigners.state.PendingSplitsState;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfig;
import org.apache.flink.cdc.connectors.mysql.source.metrics.MySqlSourceReaderMetrics;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSourceReader;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSourceReaderContext;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSplitReader;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSplit;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.connector.base.source.reader.synchronization.FutureCompletingBlockingQueue;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.ExceptionUtils;

/**
 * The connector's source, whose readers pass a snapshot on by {@link WholeChunks}, and fail for
 * good at changes that no readable row events tell of. Its state is the connector's own.
 *
 * @param connector the source as it was built
 * @param deserializer the one it was built with
 * @param captured the captured tables, each with its database: {@code platform.orders}
 */
public record WholeChunkSource<T>(
    MySqlSource<T> connector, DebeziumDeserializationSchema<T> deserializer, Set<String> captured)
    implements Source<T, MySqlSplit, PendingSplitsState>, ResultTypeQueryable<T> {

  /** What the connector says of binlog that is gone, and MySQL of that and of anonymous changes. */
  private static final Pattern OUT_OF_REACH =
      Pattern.compile(
          "no longer available on the server|purged required binary logs|anonymous transaction");

  /** As the connector makes it, but for the emitter and that failure. */
  @Override
  public SourceReader<T, MySqlSplit> createReader(SourceReaderContext context) {
    int subtask = context.getIndexOfSubtask();
    MySqlSourceConfig config = connector.getConfigFactory().createConfig(subtask);
    MySqlSourceReaderMetrics metrics = new MySqlSourceReaderMetrics(context.metricGroup());
    metrics.registerMetrics();
    MySqlSourceReaderContext readerContext = new MySqlSourceReaderContext(context);
    return new Reader<>(
        () -> new WatchedSplitReader(config, subtask, readerContext, new UnreadEvents(captured)),
        new WholeChunks<>(deserializer, metrics),
        readerContext,
        config);
  }

  @Override
  public Boundedness getBoundedness() {
    return connector.getBoundedness();
  }

  @Override
  public SplitEnumerator<MySqlSplit, PendingSplitsState> createEnumerator(
      SplitEnumeratorContext<MySqlSplit> context) {
    return connector.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<MySqlSplit, PendingSplitsState> restoreEnumerator(
      SplitEnumeratorContext<MySqlSplit> context, PendingSplitsState state) {
    return connector.restoreEnumerator(context, state);
  }

  @Override
  public SimpleVersionedSerializer<MySqlSplit> getSplitSerializer() {
    return connector.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<PendingSplitsState> getEnumeratorCheckpointSerializer() {
    return connector.getEnumeratorCheckpointSerializer();
  }

  @Override
  public TypeInformation<T> getProducedType() {
    return connector.getProducedType();
  }

  /**
   * Its own threads tell of the change as the cause of a failure to read. So they do of a statement
   * that they cannot parse, in whatever database, of an event that they cannot read or that does
   * not fit its table, and of what MySQL cannot send: they would meet it again at every attempt.
   */
  static RuntimeException forGoodIfUnseen(RuntimeException failure) {
    return ExceptionUtils.findThrowable(failure, UnseenChangeException.class)
        .or(
            () ->
                ExceptionUtils.findThrowable(failure, ParsingException.class)
                    .map(UnseenChangeException::unreadable))
        .or(
            () ->
                ExceptionUtils.findThrowable(failure, WholeChunkSource::isUnreadable)
                    .map(
                        event ->
                            UnseenChangeException.uncapturable(
                                "an event of the binlog",
                                // Tells which one, and its cause why.
                                new IllegalStateException(
                                    event.getMessage() + ": " + event.getCause(), event))))
        .or(
            () ->
                ExceptionUtils.findThrowable(failure, WholeChunkSource::isOfAnotherTable)
                    .map(
                        row ->
                            UnseenChangeException.uncapturable(
                                "a change of a table that has had other columns since", row)))
        .or(
            () ->
                ExceptionUtils.findThrowable(failure, WholeChunkSource::isOutOfReach)
                    .map(UnseenChangeException::outOfReach))
        .<RuntimeException>map(SuppressRestartsException::new)
        .orElse(failure);
  }

  /** Of an event that is only cut short, the client says so, too; its connection broke. */
  private static boolean isUnreadable(Throwable failure) {
    return failure instanceof EventDataDeserializationException
        && !(failure.getCause() instanceof IOException);
  }

  /**
   * The columns are those of now. A row from before a statement that changed them, which is still
   * to come, has too few or others.
   */
  private static boolean isOfAnotherTable(Throwable failure) {
    return failure.getCause() == null
        && (failure instanceof IllegalArgumentException
            || String.valueOf(failure.getMessage()).startsWith("Data row is smaller"));
  }

  /** By the words of the innermost cause: MySQL's refusals have one code, also those that pass. */
  private static boolean isOutOfReach(Throwable failure) {
    String message = failure.getMessage();
    return failure.getCause() == null && message != null && OUT_OF_REACH.matcher(message).find();
  }

  @SuppressWarnings("try") // As the connector has it, closing may be interrupted.
  private static final class Reader<T> extends MySqlSourceReader<T> {
    Reader(
        Supplier<MySqlSplitReader> splitReader,
        WholeChunks<T> emitter,
        MySqlSourceReaderContext context,
        MySqlSourceConfig config) {
      super(
          new FutureCompletingBlockingQueue<>(),
          splitReader,
          emitter,
          context.getSourceReaderContext().getConfiguration(),
          context,
          config);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
      try {
        return super.pollNext(output);
      } catch (RuntimeException e) {
        throw forGoodIfUnseen(e);
      }
    }
  }
}

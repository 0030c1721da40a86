package io.tributary.capture.sink;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connector's sink, made so that its job comes back however long it was away, and never goes on
 * without a change. Its state is the connector's own.
 *
 * <p>A job that comes back commits the transaction of its last checkpoint once more. Kafka answers:
 *
 * <ul>
 *   <li>It is committed, now or before.
 *   <li>It is forgotten, which happens an hour after its end. The connector takes that for an
 *       unknown error: the job would fail at each attempt, for good (FLINK-39072). Here it counts
 *       as committed, because it cannot have been aborted: nobody aborts what a checkpoint has
 *       prepared, and a state so old that Kafka may have done it is refused ({@code Repeats}).
 *   <li>It was aborted all the same, by hand or by that time. The connector writes that into its
 *       log and goes on, without the changes. Here the job stops for good and says so.
 * </ul>
 *
 * <p>What earlier attempts began behind that checkpoint is aborted before anything is written.
 *
 * @param <T> what is written
 * @param <S> state of a writer
 * @param <C> a transaction to commit
 */
public final class RecoverableSink<T, S, C>
    implements Sink<T>, SupportsWriterState<T, S>, SupportsCommitter<C> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(RecoverableSink.class);

  private final Sink<T> writing;
  private final SupportsWriterState<T, S> restoring;
  private final SupportsCommitter<C> committing;
  private final Transactions transactions;

  /** The connector's sink, in each of its roles: its own types are not public. */
  private RecoverableSink(
      Sink<T> writing,
      SupportsWriterState<T, S> restoring,
      SupportsCommitter<C> committing,
      Transactions transactions) {
    this.writing = writing;
    this.restoring = restoring;
    this.committing = committing;
    this.transactions = transactions;
  }

  /**
   * @param connector the sink as it was built
   * @param transactions those that it makes
   */
  public static <T, S, C, K extends Sink<T> & SupportsWriterState<T, S> & SupportsCommitter<C>>
      RecoverableSink<T, S, C> of(K connector, Transactions transactions) {
    return new RecoverableSink<>(connector, connector, connector, transactions);
  }

  @Override
  @SuppressWarnings("deprecation") // The interface still demands the old method.
  public SinkWriter<T> createWriter(InitContext context) throws IOException {
    return writing.createWriter(context);
  }

  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
    return writing.createWriter(context);
  }

  @Override
  public StatefulSinkWriter<T, S> restoreWriter(WriterInitContext context, Collection<S> state)
      throws IOException {
    context.getRestoredCheckpointId().ifPresent(checkpoint -> abortBehind(checkpoint, context));
    return restoring.restoreWriter(context, state);
  }

  private void abortBehind(long checkpoint, WriterInitContext context) {
    TaskInfo task = context.getTaskInfo();
    List<String> aborted =
        transactions.abortBehind(
            checkpoint, task.getIndexOfThisSubtask(), task.getNumberOfParallelSubtasks());
    LOG.info("Goes on from checkpoint {}; aborted behind it: {}", checkpoint, aborted);
  }

  @Override
  public SimpleVersionedSerializer<S> getWriterStateSerializer() {
    return restoring.getWriterStateSerializer();
  }

  @Override
  public Committer<C> createCommitter(CommitterInitContext context) throws IOException {
    return new RecoverableCommitter<>(committing.createCommitter(context));
  }

  @Override
  public SimpleVersionedSerializer<C> getCommittableSerializer() {
    return committing.getCommittableSerializer();
  }

  @SuppressWarnings("try") // As the interface has it, closing may be interrupted.
  private record RecoverableCommitter<C>(Committer<C> connector) implements Committer<C> {
    @Override
    public void commit(Collection<CommitRequest<C>> requests)
        throws IOException, InterruptedException {
      connector.commit(requests.stream().<CommitRequest<C>>map(Request::new).toList());
    }

    @Override
    public void close() throws Exception {
      connector.close();
    }
  }

  /** What the connector says of one transaction, passed on but for what it takes wrongly. */
  private record Request<C>(Committer.CommitRequest<C> framework)
      implements Committer.CommitRequest<C> {
    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      if (ExceptionUtils.findThrowable(reason, InvalidPidMappingException.class).isPresent()) {
        LOG.info("Kafka has forgotten {}, which was committed long ago.", getCommittable());
        framework.signalAlreadyCommitted();
      } else {
        framework.signalFailedWithUnknownReason(reason);
      }
    }

    /** Known is to the connector what it can do nothing about. */
    @Override
    public void signalFailedWithKnownReason(Throwable reason) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "Capture stopped: Kafka has aborted %s, which a checkpoint had prepared, so its changes are not in the topics. Raise the setting `snapshot` by one and run `make up`: capture takes a new snapshot. docs/operations.md tells the rest."
                  .formatted(getCommittable()),
              reason));
    }

    @Override
    public C getCommittable() {
      return framework.getCommittable();
    }

    @Override
    public int getNumberOfRetries() {
      return framework.getNumberOfRetries();
    }

    @Override
    public void retryLater() {
      framework.retryLater();
    }

    @Override
    public void updateAndRetryLater(C committable) {
      framework.updateAndRetryLater(committable);
    }

    @Override
    public void signalAlreadyCommitted() {
      framework.signalAlreadyCommitted();
    }
  }
}

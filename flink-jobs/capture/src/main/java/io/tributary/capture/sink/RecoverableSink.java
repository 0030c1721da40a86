package io.tributary.capture.sink;

import java.io.IOException;
import java.util.Collection;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connector's sink, made so that its job comes back however long it was away. Its state is the
 * connector's own.
 *
 * <p>A job that comes back commits the transaction of its last checkpoint once more. Kafka forgets
 * a transaction's id an hour after its end, and the connector takes that answer for an unknown
 * error: the job would fail at each attempt, for good (FLINK-39072).
 *
 * <p>An id is forgotten only after the end of its transaction, never while it is open. So it was
 * committed, and nothing is missing; or it was aborted because it was open for longer than {@code
 * transactionTimeout}, and then its changes are lost whether its id is known or not. The connector
 * itself goes on in that case as long as the id is known.
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

  /** The connector's sink, in each of its roles: its own types are not public. */
  private RecoverableSink(
      Sink<T> writing, SupportsWriterState<T, S> restoring, SupportsCommitter<C> committing) {
    this.writing = writing;
    this.restoring = restoring;
    this.committing = committing;
  }

  /**
   * @param connector the sink as it was built
   */
  public static <T, S, C, K extends Sink<T> & SupportsWriterState<T, S> & SupportsCommitter<C>>
      Sink<T> of(K connector) {
    return new RecoverableSink<>(connector, connector, connector);
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
    return restoring.restoreWriter(context, state);
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

  /** What the connector says of one transaction, passed on but for the one answer. */
  private record Request<C>(Committer.CommitRequest<C> framework)
      implements Committer.CommitRequest<C> {
    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      if (ExceptionUtils.findThrowable(reason, InvalidPidMappingException.class).isPresent()) {
        LOG.warn(
            "Kafka has forgotten transaction {}, for it ended long ago. Its changes are in their topics, unless it was open for longer than transactionTimeout: then `make verify REPAIR=1` brings them back.",
            getCommittable());
        framework.signalFailedWithKnownReason(reason);
      } else {
        framework.signalFailedWithUnknownReason(reason);
      }
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
    public void signalFailedWithKnownReason(Throwable reason) {
      framework.signalFailedWithKnownReason(reason);
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

package io.tributary.capture.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.Test;

class RecoverableSinkTest {
  private static final InvalidPidMappingException FORGOTTEN =
      new InvalidPidMappingException("The producer attempted to use a producer id …");

  @Test
  void aTransactionThatKafkaHasForgottenIsNoReasonToStop() throws Exception {
    assertThat(answersTo(FORGOTTEN)).containsExactly("known: " + FORGOTTEN);
    KafkaException wrapped = new KafkaException(FORGOTTEN);
    assertThat(answersTo(wrapped)).containsExactly("known: " + wrapped);
  }

  @Test
  void anyOtherUnknownReasonIs() throws Exception {
    Exception fenced = new ProducerFencedException("by another");
    assertThat(answersTo(fenced)).containsExactly("unknown: " + fenced);
  }

  /** What the framework hears where the connector calls the reason unknown. */
  @SuppressWarnings("unchecked") // The sink is that of the connector below.
  private static List<String> answersTo(Exception reason) throws Exception {
    var sink = (SupportsCommitter<String>) RecoverableSink.of(new Connector(reason));
    Heard heard = new Heard();
    sink.createCommitter(null).commit(List.of(heard));
    return heard.answers;
  }

  /** A sink that fails to commit anything. */
  private record Connector(Exception reason)
      implements Sink<String>, SupportsWriterState<String, String>, SupportsCommitter<String> {
    @Override
    public Committer<String> createCommitter(CommitterInitContext context) {
      return new Committer<>() {
        @Override
        public void commit(Collection<CommitRequest<String>> requests) {
          requests.forEach(request -> request.signalFailedWithUnknownReason(reason));
        }

        @Override
        public void close() {}
      };
    }

    @Override
    @SuppressWarnings("deprecation") // The interface still demands the old method.
    public SinkWriter<String> createWriter(InitContext context) {
      throw new UnsupportedOperationException("nothing is written");
    }

    @Override
    public StatefulSinkWriter<String, String> restoreWriter(
        WriterInitContext context, Collection<String> state) {
      throw new UnsupportedOperationException("nothing is written");
    }

    @Override
    public SimpleVersionedSerializer<String> getWriterStateSerializer() {
      throw new UnsupportedOperationException("nothing is saved");
    }

    @Override
    public SimpleVersionedSerializer<String> getCommittableSerializer() {
      throw new UnsupportedOperationException("nothing is saved");
    }
  }

  private static final class Heard implements Committer.CommitRequest<String> {
    private final List<String> answers = new ArrayList<>();

    @Override
    public String getCommittable() {
      return "capture-0-7";
    }

    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable reason) {
      answers.add("known: " + reason);
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      answers.add("unknown: " + reason);
    }

    @Override
    public void retryLater() {
      answers.add("later");
    }

    @Override
    public void updateAndRetryLater(String committable) {
      answers.add("later: " + committable);
    }

    @Override
    public void signalAlreadyCommitted() {
      answers.add("already");
    }
  }
}

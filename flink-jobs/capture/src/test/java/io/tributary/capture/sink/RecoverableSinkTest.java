package io.tributary.capture.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.TestOptions;
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
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.Test;

class RecoverableSinkTest {
  private static final InvalidPidMappingException FORGOTTEN =
      new InvalidPidMappingException("The producer attempted to use a producer id …");

  @Test
  void aTransactionThatKafkaHasForgottenWasCommitted() throws Exception {
    assertThat(answersTo(FORGOTTEN, false)).containsExactly("already");
    assertThat(answersTo(new KafkaException(FORGOTTEN), false)).containsExactly("already");
  }

  @Test
  void anyOtherUnknownReasonIsPassedOn() throws Exception {
    Exception unknown = new KafkaException("no disk");
    assertThat(answersTo(unknown, false)).containsExactly("unknown: " + unknown);
  }

  @Test
  void oneThatWasAbortedStopsTheJobForGood() {
    Exception fenced = new ProducerFencedException("by the broker");
    assertThatThrownBy(() -> answersTo(fenced, true))
        .isInstanceOf(SuppressRestartsException.class)
        .hasRootCause(fenced)
        .cause()
        .hasMessageContaining("capture-0.0-0-7");
  }

  /** What the framework hears of a commit that fails. */
  private static List<String> answersTo(Exception reason, boolean known) throws Exception {
    var sink = RecoverableSink.of(new Connector(reason, known), TestOptions.parse().transactions());
    Answers<String> answers = new Answers<>("capture-0.0-0-7");
    sink.createCommitter(null).commit(List.of(answers));
    return answers.given();
  }

  /** A sink that fails to commit anything. */
  private record Connector(Exception reason, boolean known)
      implements Sink<String>, SupportsWriterState<String, String>, SupportsCommitter<String> {
    @Override
    public Committer<String> createCommitter(CommitterInitContext context) {
      return new Committer<>() {
        @Override
        public void commit(Collection<CommitRequest<String>> requests) {
          for (CommitRequest<String> request : requests) {
            if (known) {
              request.signalFailedWithKnownReason(reason);
            } else {
              request.signalFailedWithUnknownReason(reason);
            }
          }
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
}

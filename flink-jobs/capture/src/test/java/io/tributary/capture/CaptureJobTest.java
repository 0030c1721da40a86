package io.tributary.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tributary.capture.functions.Repeats;
import io.tributary.capture.records.TopicRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The pipeline in a cluster of this JVM, from records made up to records kept in memory. */
class CaptureJobTest {
  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(1)
              .build());

  private static final long RECORDS = 1_000;

  @BeforeEach
  void forget() {
    KeptRecords.ALL.clear();
  }

  @Test
  void everyRecordReachesTheSinkAsItWasAndInOrder() throws Exception {
    StreamExecutionEnvironment env = environment();
    CaptureJob.define(env, numberedRecords(), new Repeats(Duration.ofDays(7)), new KeptRecords());
    env.execute();
    assertThat(KeptRecords.ALL)
        .containsExactlyElementsOf(
            LongStream.range(0, RECORDS).mapToObj(i -> "t" + i % 3 + ":" + i).toList());
  }

  @Test
  void everyOperatorHasANameAndAnIdThatSavepointsFind() {
    StreamExecutionEnvironment env = environment();
    CaptureJob.define(env, numberedRecords(), new Repeats(Duration.ofDays(7)), new KeptRecords());
    List<StreamNode> operators = List.copyOf(env.getStreamGraph().getStreamNodes());
    assertThat(operators).isNotEmpty().allMatch(node -> node.getTransformationUID() != null);
    assertThat(operators)
        .extracting(StreamNode::getOperatorName)
        .containsExactlyInAnyOrder(
            "Source: mysql tables", "repeats", "settled changes", "kafka topics: Writer");
  }

  /** Saved state is found by these: transactions that a checkpoint has prepared, among others. */
  @Test
  void theSinkHasAWriterAndACommitter() {
    StreamExecutionEnvironment env = environment();
    CaptureJob.define(
        env,
        numberedRecords(),
        new Repeats(Duration.ofDays(7)),
        CaptureJob.kafkaSink(TestOptions.parse()));
    assertThat(env.getStreamGraph().getStreamNodes())
        .extracting(StreamNode::getOperatorName, StreamNode::getTransformationUID)
        .contains(
            tuple("kafka topics: Writer", "kafka-topics"),
            tuple("kafka topics: Committer", "Sink Committer: kafka-topics"));
  }

  @Test
  void theJobIsSetUpToLoseNothingAndToGoOnForEver() {
    Configuration settings = JobSettings.of(TestOptions.parse("--checkpoint-interval-ms", "400"));
    assertThat(settings.get(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE))
        .isEqualTo(CheckpointingMode.EXACTLY_ONCE);
    assertThat(settings.get(CheckpointingOptions.CHECKPOINTING_INTERVAL)).hasMillis(400);
    assertThat(settings.get(CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS)).hasMillis(100);
    assertThat(settings.get(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION))
        .isEqualTo(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    assertThat(settings.get(RestartStrategyOptions.RESTART_STRATEGY))
        .isEqualTo("exponential-delay");
    assertThat(settings.get(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS))
        .isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void aPasswordFileThatIsNotThereIsNamedWithItsArgument() {
    CaptureOptions options = TestOptions.parse("--mysql-password-file", "/no/such/file");
    assertThatThrownBy(() -> CaptureJob.run(options, environment()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--mysql-password-file, /no/such/file");
  }

  private static StreamExecutionEnvironment environment() {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.configure(JobSettings.of(TestOptions.parse()));
    return env;
  }

  private static Source<TopicRecord, ?, ?> numberedRecords() {
    return new DataGeneratorSource<>(
        index ->
            new TopicRecord(
                "t" + index % 3, bytes(index), bytes(index), false, index, "a:" + index),
        RECORDS,
        TypeInformation.of(TopicRecord.class));
  }

  private static byte[] bytes(long number) {
    return Long.toString(number).getBytes(StandardCharsets.UTF_8);
  }

  /** Keeps what it gets in this JVM, where the test sees it. */
  private static final class KeptRecords implements Sink<TopicRecord> {
    static final ConcurrentLinkedQueue<String> ALL = new ConcurrentLinkedQueue<>();

    @Override
    @SuppressWarnings("deprecation") // The interface still demands the old method.
    public SinkWriter<TopicRecord> createWriter(InitContext context) {
      throw new UnsupportedOperationException("only the new method is called");
    }

    @Override
    public SinkWriter<TopicRecord> createWriter(WriterInitContext context) {
      return new SinkWriter<>() {
        @Override
        public void write(TopicRecord record, Context context) {
          ALL.add(record.topic + ":" + new String(record.value, StandardCharsets.UTF_8));
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public void close() {}
      };
    }
  }
}

package io.tributary.sync;

import io.tributary.clickhouse.ClickHouseSink;
import io.tributary.clickhouse.FlushSettings;
import io.tributary.clickhouse.FlushSettings.Rest;
import io.tributary.common.TableSpec;
import io.tributary.sync.functions.ChangeEncoder;
import io.tributary.sync.functions.ChangeRecordSchema;
import io.tributary.sync.functions.EarlyChanges;
import io.tributary.sync.functions.GroupOffsets;
import io.tributary.sync.functions.KafkaDeadLetters;
import io.tributary.sync.functions.LeftToTheCommitted;
import io.tributary.sync.records.ChangeRecord;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.RestartStrategyOptions.RestartStrategyType;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/** Brings every committed change from the topics into the warehouse. */
public final class SyncJob {
  static final String NAME = "kafka-clickhouse-sync";

  /** Fixed for the life of the savepoints; far above any parallelism the tables could use. */
  private static final int MAX_PARALLELISM = 128;

  /** How soon a partition added to a topic is read. */
  private static final Duration PARTITION_DISCOVERY = Duration.ofSeconds(10);

  /** Records per poll: enough for one to feed a good batch. */
  private static final int MAX_POLL_RECORDS = 5_000;

  /** An early change is no older than this: about as long as a committed one takes. */
  private static final Duration EARLY_AGE = Duration.ofSeconds(1);

  /** Early changes come one by one and not in bursts: they wait no longer for company than this. */
  private static final Duration EARLY_FLUSH_INTERVAL = Duration.ofMillis(10);

  /** So many bytes of them wait for a table at most: what is a second old is left out anyway. */
  private static final long EARLY_BYTES = 1 << 20;

  /** They leave the warehouse time for the committed ones, which come beside them. */
  private static final Rest EARLY_REST = new Rest(1, 1, Duration.ofMillis(200));

  /**
   * A checkpoint waits until the warehouse has everything. One that waits in vain only makes room
   * for the next.
   */
  private static final Duration CHECKPOINT_TIMEOUT = Duration.ofMinutes(5);

  private SyncJob() {}

  /** Submits the job. */
  public static void main(String[] args) throws Exception {
    run(SyncConfig.fromArgs(args));
  }

  private static void run(SyncConfig config) throws Exception {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(settings(config.checkpointInterval()));
    define(env, config);
    env.execute(NAME);
  }

  static void define(StreamExecutionEnvironment env, SyncConfig config) {
    define(env, source(config), sink(config));
    if (config.visibility() == Visibility.EARLY) {
      defineEarly(env, earlySource(config), earlySink(config));
    }
  }

  /** The pipeline: one source over all topics, one sink into all tables. */
  static void define(
      StreamExecutionEnvironment env, Source<ChangeRecord, ?, ?> source, Sink<ChangeRecord> sink) {
    env.setMaxParallelism(MAX_PARALLELISM);
    env.fromSource(
            source,
            WatermarkStrategy.noWatermarks(),
            "changes",
            new ChangeRecordSchema().getProducedType())
        .uid("changes")
        .name("changes from Kafka")
        .sinkTo(sink)
        .uid("rows")
        .name("rows to ClickHouse");
  }

  /**
   * The shortcut beside it. It only ever writes rows that the pipeline writes as well, with the
   * same versions, so it needs no memory and may leave out what it likes.
   */
  static void defineEarly(
      StreamExecutionEnvironment env, Source<ChangeRecord, ?, ?> source, Sink<ChangeRecord> sink) {
    env.fromSource(
            source,
            WatermarkStrategy.noWatermarks(),
            "early changes",
            new ChangeRecordSchema().getProducedType())
        .uid("early-changes")
        .name("early changes from Kafka")
        .sinkTo(sink)
        .uid("early-rows")
        .name("early rows to ClickHouse");
  }

  /** How the job runs and recovers. */
  static Configuration settings(Duration checkpointInterval) {
    Configuration settings = new Configuration();
    // Records are never changed after they are read, so none needs to be copied.
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    settings.set(PipelineOptions.GENERIC_TYPES, false);
    settings.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointInterval);
    settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, CHECKPOINT_TIMEOUT);
    // While the warehouse is away, checkpoints may fail as often as they like: nothing is lost.
    settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE);
    settings.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY,
        RestartStrategyType.EXPONENTIAL_DELAY.getMainValue());
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
        Duration.ofSeconds(1));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
        Duration.ofSeconds(5));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD,
        Duration.ofMinutes(2));
    return settings;
  }

  static KafkaSource<ChangeRecord> source(SyncConfig config) {
    return topics(config)
        .setGroupId(config.group())
        .setStartingOffsets(new GroupOffsets())
        .setDeserializer(new ChangeRecordSchema())
        .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
        .setProperty(KafkaSourceOptions.COMMIT_OFFSETS_ON_CHECKPOINT.key(), "true")
        .build();
  }

  static KafkaSource<ChangeRecord> earlySource(SyncConfig config) {
    return topics(config)
        .setGroupId(config.group() + "-early")
        .setStartingOffsets(OffsetsInitializer.latest())
        .setDeserializer(new EarlyChanges(EARLY_AGE))
        .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted")
        .setProperty(KafkaSourceOptions.COMMIT_OFFSETS_ON_CHECKPOINT.key(), "false")
        .build();
  }

  private static KafkaSourceBuilder<ChangeRecord> topics(SyncConfig config) {
    return KafkaSource.<ChangeRecord>builder()
        .setBootstrapServers(config.kafkaBootstrap())
        .setTopics(config.tables().stream().map(TableSpec::topic).toList())
        .setProperty(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, String.valueOf(MAX_POLL_RECORDS))
        .setProperty(
            KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(),
            String.valueOf(PARTITION_DISCOVERY.toMillis()));
  }

  static ClickHouseSink<ChangeRecord> sink(SyncConfig config) {
    return new ClickHouseSink<>(
        config.warehouse(),
        new ChangeEncoder.Factory(config.tables()),
        new KafkaDeadLetters.Factory(config.kafkaBootstrap(), config.tables()),
        config.flush());
  }

  static ClickHouseSink<ChangeRecord> earlySink(SyncConfig config) {
    return new ClickHouseSink<>(
        config.warehouse(),
        new ChangeEncoder.Factory(config.tables()),
        new LeftToTheCommitted.Factory(),
        new FlushSettings(
            config.flush().maxRows(),
            Math.min(config.flush().maxBytes(), EARLY_BYTES),
            EARLY_FLUSH_INTERVAL,
            EARLY_FLUSH_INTERVAL,
            EARLY_REST));
  }
}

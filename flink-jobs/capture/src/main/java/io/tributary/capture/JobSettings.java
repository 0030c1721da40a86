package io.tributary.capture;

import java.time.Duration;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.CheckpointingMode;

/** How Flink runs the capture job. What is left out here is the cluster's to say. */
final class JobSettings {
  /** Fixed, because a savepoint cannot be restored with another value. */
  private static final int MAX_PARALLELISM = 128;

  /** A checkpoint that takes longer than this has met a fault. */
  private static final Duration CHECKPOINT_TIMEOUT = Duration.ofMinutes(1);

  /** During a snapshot nobody waits for single rows, and each checkpoint is a transaction. */
  private static final Duration SNAPSHOT_INTERVAL = Duration.ofSeconds(2);

  /** A slow disk or broker for a few intervals is no reason to start over. */
  private static final int TOLERABLE_CHECKPOINT_FAILURES = 5;

  private JobSettings() {}

  static Configuration of(CaptureOptions options) {
    Configuration settings = new Configuration();
    settings.set(PipelineOptions.MAX_PARALLELISM, MAX_PARALLELISM);
    // Nobody keeps a record or changes it later, so none needs to be copied between operators.
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    setCheckpoints(settings, options.checkpointInterval());
    setRestarts(settings);
    return settings;
  }

  /** The interval is the topics' latency; a pause keeps slow checkpoints from taking all time. */
  private static void setCheckpoints(Configuration settings, Duration interval) {
    settings.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, interval);
    settings.set(
        CheckpointingOptions.CHECKPOINTING_INTERVAL_DURING_BACKLOG,
        interval.compareTo(SNAPSHOT_INTERVAL) > 0 ? interval : SNAPSHOT_INTERVAL);
    settings.set(CheckpointingOptions.MIN_PAUSE_BETWEEN_CHECKPOINTS, interval.dividedBy(4));
    settings.set(CheckpointingOptions.MAX_CONCURRENT_CHECKPOINTS, 1);
    settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, CHECKPOINT_TIMEOUT);
    settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, TOLERABLE_CHECKPOINT_FAILURES);
    settings.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
    // A job that was cancelled or has failed for good can go on from its last checkpoint.
    settings.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
  }

  /** Faults of other servers pass, so trying again never ends, and never waits for long. */
  private static void setRestarts(Configuration settings) {
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
        Duration.ofSeconds(1));
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
        Duration.ofSeconds(5));
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_BACKOFF_MULTIPLIER, 2.0);
    settings.set(
        RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD,
        Duration.ofMinutes(2));
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_JITTER_FACTOR, 0.1);
  }
}

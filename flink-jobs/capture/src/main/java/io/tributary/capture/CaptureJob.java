package io.tributary.capture;

import io.tributary.capture.functions.ChangeEventDeserializer;
import io.tributary.capture.functions.Repeats;
import io.tributary.capture.functions.SameServer;
import io.tributary.capture.functions.SettledChanges;
import io.tributary.capture.functions.TopicRecordSchema;
import io.tributary.capture.preflight.Broker;
import io.tributary.capture.preflight.EpochCheck;
import io.tributary.capture.preflight.Preflight;
import io.tributary.capture.preflight.SourceConnection;
import io.tributary.capture.preflight.SourceFacts;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.capture.records.TopicRecord;
import io.tributary.capture.sink.RecoverableSink;
import io.tributary.capture.sink.Transactions;
import io.tributary.common.ChangeEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the captured tables, first as they are and then change by change, and writes every change
 * exactly once to its table's topic.
 */
public final class CaptureJob {
  private static final Logger LOG = LoggerFactory.getLogger(CaptureJob.class);
  private static final String JOB_NAME = "mysql-cdc";
  private static final Duration LINGER = Duration.ofMillis(20);
  private static final int BATCH_BYTES = 256 << 10;

  private CaptureJob() {}

  /** Checks arguments and source, then submits the job. */
  public static void main(String[] argv) throws Exception {
    run(CaptureOptions.fromArgs(argv), StreamExecutionEnvironment.getExecutionEnvironment());
  }

  static void run(CaptureOptions options, StreamExecutionEnvironment env) throws Exception {
    String password = readPassword(options);
    SourceFacts source = inspectSource(options, password);
    inspectBroker(options, source, isRestored(env));
    BinlogEnd snapshotPlace = source.binlogEnd().orElseThrow();
    SameServer sameServer =
        new SameServer(options.heartbeats(), source.serverUuid(), options.epoch());
    env.configure(JobSettings.of(options));
    define(
        env,
        MySqlTables.source(
            options,
            password,
            source.tables(),
            new ChangeEventDeserializer(options.tables(), snapshotPlace, sameServer)),
        new Repeats(options.transactionTimeout()),
        kafkaSink(options));
    env.execute(JOB_NAME);
  }

  /** The pipeline, free of where it reads from and writes to. */
  static void define(
      StreamExecutionEnvironment env,
      Source<TopicRecord, ?, ?> source,
      Repeats repeats,
      Sink<TopicRecord> sink) {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "mysql tables")
        .uid("mysql-tables")
        .filter(repeats)
        .name("repeats")
        .uid("repeats")
        .map(new SettledChanges())
        .name("settled changes")
        .uid("settled-changes")
        .sinkTo(sink)
        .name("kafka topics")
        .uid("kafka-topics");
  }

  /** Refuses a source that does not fit; the end of its binlog is where a snapshot will stand. */
  private static SourceFacts inspectSource(CaptureOptions options, String password)
      throws SQLException, InterruptedException {
    try (SourceConnection connection = SourceConnection.open(options, password)) {
      SourceFacts facts = connection.factsOnceFree();
      Preflight.requireFit(facts, options);
      connection.awaitHeartbeat();
      return facts;
    }
  }

  /** Refuses a broker or an epoch that does not fit, and clears away what a dead job left open. */
  private static void inspectBroker(CaptureOptions options, SourceFacts source, boolean restored)
      throws IOException {
    try (Broker broker = Broker.open(options)) {
      broker.requireFit();
      EpochCheck.requireSameSource(broker.newestBeats(), source, options);
    }
    Transactions transactions = options.transactions();
    if (restored) {
      List<String> aborted = transactions.abortOtherGenerations();
      LOG.info("Starts with saved state; aborted transactions of other states: {}", aborted);
    } else {
      List<String> aborted = transactions.abortAll();
      LOG.info("Starts without saved state; aborted open transactions: {}", aborted);
    }
  }

  private static boolean isRestored(StreamExecutionEnvironment env) {
    return env.getConfiguration().getOptional(StateRecoveryOptions.SAVEPOINT_PATH).isPresent();
  }

  static RecoverableSink<TopicRecord, ?, ?> kafkaSink(CaptureOptions options) {
    Transactions transactions = options.transactions();
    return RecoverableSink.of(
        KafkaSink.<TopicRecord>builder()
            .setBootstrapServers(options.kafkaBootstrap())
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionalIdPrefix(transactions.idPrefix())
            .setProperty(
                "transaction.timeout.ms", String.valueOf(options.transactionTimeout().toMillis()))
            // Few large requests cost all that take part less than many small ones. A commit does
            // not wait for the linger.
            .setProperty("linger.ms", String.valueOf(LINGER.toMillis()))
            .setProperty("batch.size", String.valueOf(BATCH_BYTES))
            .setProperty("max.request.size", String.valueOf(ChangeEvent.LARGEST_RECORD_BYTES))
            .setRecordSerializer(new TopicRecordSchema())
            .build(),
        transactions);
  }

  private static String readPassword(CaptureOptions options) {
    try {
      return Files.readString(options.mysqlPasswordFile()).strip();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "Cannot read the file of --mysql-password-file, %s: %s"
              .formatted(options.mysqlPasswordFile(), e),
          e);
    }
  }
}

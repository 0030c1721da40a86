package io.tributary.capture.preflight;

import io.tributary.capture.CaptureOptions;
import io.tributary.common.ChangeEvent;
import io.tributary.common.ChangeEvent.Op;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Asks Kafka what must be known before the job starts. Used where the job is submitted. */
public final class Broker implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final String TRANSACTION_TIMEOUT = "transaction.max.timeout.ms";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Records that are looked at in each partition: heartbeats and the rows of a snapshot of them.
   */
  private static final long TAIL = 5_000;

  private final Admin admin;
  private final CaptureOptions options;

  private Broker(Admin admin, CaptureOptions options) {
    this.admin = admin;
    this.options = options;
  }

  /** Connects when first asked. */
  public static Broker open(CaptureOptions options) {
    return new Broker(
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                options.kafkaBootstrap(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) TIMEOUT.toMillis())),
        options);
  }

  /**
   * Refuses a broker that would not let transactions be open for as long as the job promises.
   *
   * @throws IllegalStateException that says what to change
   */
  public void requireFit() {
    String broker = answer(admin.describeCluster().controller()).idString();
    ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker);
    Config config = answer(admin.describeConfigs(Set.of(resource)).all()).get(resource);
    requireTransactionTimeout(Long.parseLong(config.get(TRANSACTION_TIMEOUT).value()), options);
  }

  static void requireTransactionTimeout(long allowedMillis, CaptureOptions options) {
    long wanted = options.transactionTimeout().toMillis();
    if (wanted > allowedMillis) {
      throw new IllegalStateException(
          "Kafka at %s allows transactions of %d ms, and capture needs %d ms to commit after its longest outage: raise the broker's %s, or lower the setting `binlogRetention`"
              .formatted(options.kafkaBootstrap(), allowedMillis, wanted, TRANSACTION_TIMEOUT));
    }
  }

  /** Heartbeats in the committed tail of each partition of their topic. */
  public List<Beat> newestBeats() throws IOException {
    String topic = options.heartbeatsTable().topic();
    List<Beat> beats = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic, TIMEOUT).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, TIMEOUT);
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions, TIMEOUT);
      consumer.assign(partitions);
      partitions.forEach(
          one -> consumer.seek(one, Math.max(begins.get(one), ends.get(one) - TAIL)));
      long deadline = System.nanoTime() + TIMEOUT.toNanos();
      while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
        if (System.nanoTime() > deadline) {
          throw new IOException(
              "waited %d s for the newest heartbeats in topic %s, in vain"
                  .formatted(TIMEOUT.toSeconds(), topic));
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          beatIn(record.value()).ifPresent(beats::add);
        }
      }
    }
    return beats;
  }

  /**
   * The beat in a record, if it is one. Only what the server has just written tells of it: a
   * snapshot's rows may be another's. What cannot be read has been written by somebody else.
   */
  static Optional<Beat> beatIn(byte[] record) {
    if (record == null) {
      return Optional.empty();
    }
    try {
      JsonNode event = JSON.readTree(record);
      String op = event.path(ChangeEvent.OP).asText();
      if (!Op.CREATE.code().equals(op) && !Op.UPDATE.code().equals(op)) {
        return Optional.empty();
      }
      JsonNode after = event.required(ChangeEvent.AFTER);
      JsonNode source = event.required(ChangeEvent.SOURCE);
      return Optional.of(
          new Beat(
              after.required(Beat.NUMBER).asLong(),
              Instant.parse(after.required(Beat.BEATEN_AT).asText()),
              source.required(ChangeEvent.EPOCH).asInt(),
              after.required(Beat.SERVER_UUID).asText(),
              source.required(ChangeEvent.FILE).asText(),
              source.required(ChangeEvent.POS).asLong()));
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Properties properties = new Properties();
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, options.kafkaBootstrap());
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    var bytes = new ByteArrayDeserializer();
    return new KafkaConsumer<>(properties, bytes, bytes);
  }

  private <T> T answer(KafkaFuture<T> question) {
    try {
      return question.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "Kafka at %s does not answer capture's questions: %s"
              .formatted(
                  options.kafkaBootstrap(), e.getCause() == null ? e : e.getCause().getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for Kafka", e);
    }
  }

  @Override
  public void close() {
    admin.close(TIMEOUT);
  }
}

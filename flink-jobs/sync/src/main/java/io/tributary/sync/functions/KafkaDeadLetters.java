package io.tributary.sync.functions;

import io.tributary.clickhouse.DeadLetters;
import io.tributary.common.TableSpec;
import io.tributary.sync.records.ChangeRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps changes the warehouse can never take in {@code <topic>-dlq}: key and value as they were,
 * and as headers why ({@code reason}), from where ({@code topic}, {@code partition}, {@code
 * offset}, {@code timestamp}) and for which table ({@code table}), all as text.
 *
 * <p>A letter may be there twice after a restart; its headers tell.
 */
public final class KafkaDeadLetters implements DeadLetters<ChangeRecord> {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaDeadLetters.class);
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);
  private static final int LONGEST_REASON = 1_000;

  /** A letter is larger than its change, which may already be as large as the broker allows. */
  private static final int MAX_REQUEST_BYTES = 64 << 20;

  private final Map<String, String> deadLetterTopics;
  private final Supplier<Producer<byte[], byte[]>> producers;
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private Producer<byte[], byte[]> producer;

  /**
   * Dead letters over a producer of their own, which is made for the first of them.
   *
   * @param deadLetterTopics the topic of the dead letters by the topic of the changes
   */
  KafkaDeadLetters(
      Map<String, String> deadLetterTopics, Supplier<Producer<byte[], byte[]>> producers) {
    this.deadLetterTopics = deadLetterTopics;
    this.producers = producers;
  }

  @Override
  public void add(ChangeRecord record, String table, String reason) throws IOException {
    throwFailure();
    String topic = deadLetterTopics.get(record.topic());
    LOG.warn("Change {} for {} goes to {}: {}", record.place(), table, topic, abbreviate(reason));
    var letter = new ProducerRecord<>(topic, null, record.key(), record.value());
    Headers headers = letter.headers();
    addHeader(headers, "reason", abbreviate(reason));
    addHeader(headers, "table", table);
    addHeader(headers, "topic", record.topic());
    addHeader(headers, "partition", String.valueOf(record.partition()));
    addHeader(headers, "offset", String.valueOf(record.offset()));
    addHeader(headers, "timestamp", String.valueOf(record.timestamp()));
    try {
      if (producer == null) {
        producer = producers.get();
      }
      producer.send(
          letter,
          (metadata, exception) -> {
            if (exception != null) {
              failure.compareAndSet(null, exception);
            }
          });
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
      throwFailure();
    }
  }

  private static String abbreviate(String reason) {
    return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "…";
  }

  private static void addHeader(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void flush() throws IOException {
    if (producer == null) {
      return;
    }
    try {
      producer.flush();
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
    }
    throwFailure();
  }

  private void throwFailure() throws IOException {
    Exception cause = failure.get();
    if (cause != null) {
      throw new IOException(
          "a dead letter could not be kept, so its change must be read again: "
              + cause.getMessage(),
          cause);
    }
  }

  @Override
  public void close() {
    if (producer == null) {
      return;
    }
    try {
      producer.close(CLOSE_WAIT);
    } catch (InterruptException e) {
      // The task is cancelled; what was not flushed comes again.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Opens a producer that waits for every acknowledgement.
   *
   * @param bootstrap Kafka's address
   * @param specs the tables, for the topics of their dead letters
   */
  public record Factory(String bootstrap, List<TableSpec> specs)
      implements DeadLetters.Factory<ChangeRecord> {
    @Override
    public KafkaDeadLetters open() {
      return new KafkaDeadLetters(
          specs.stream().collect(Collectors.toMap(TableSpec::topic, TableSpec::deadLetterTopic)),
          this::producer);
    }

    private Producer<byte[], byte[]> producer() {
      Properties properties = new Properties();
      properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
      properties.put(ProducerConfig.CLIENT_ID_CONFIG, "tributary-dead-letters");
      properties.put(ProducerConfig.ACKS_CONFIG, "all");
      properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
      properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
      properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) MAX_REQUEST_BYTES);
      properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
      var bytes = new ByteArraySerializer();
      return new KafkaProducer<>(properties, bytes, bytes);
    }
  }
}

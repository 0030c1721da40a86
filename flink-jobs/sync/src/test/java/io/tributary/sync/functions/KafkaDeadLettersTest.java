package io.tributary.sync.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.tributary.sync.records.ChangeRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class KafkaDeadLettersTest {
  private static final ChangeRecord CHANGE =
      new ChangeRecord("orders-cdc-topic", 2, 4711, 5, new byte[] {1}, new byte[] {2, 3});

  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(false, new ByteArraySerializer(), new ByteArraySerializer());
  private final KafkaDeadLetters letters =
      new KafkaDeadLetters(Map.of("orders-cdc-topic", "orders-cdc-topic-dlq"), () -> producer);

  @Test
  void keepsTheBytesAndSaysWhyAndFromWhere() throws IOException {
    letters.add(CHANGE, "orders_rows", "too large – really");

    ProducerRecord<byte[], byte[]> letter = producer.history().get(0);
    assertThat(letter.topic()).isEqualTo("orders-cdc-topic-dlq");
    assertThat(letter.key()).isSameAs(CHANGE.key());
    assertThat(letter.value()).isSameAs(CHANGE.value());
    assertThat(headers(letter))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "reason", "too large – really",
                "table", "orders_rows",
                "topic", "orders-cdc-topic",
                "partition", "2",
                "offset", "4711",
                "timestamp", "5"));
  }

  @Test
  void cutsAReasonThatIsLongerThanAPersonReads() throws IOException {
    letters.add(CHANGE, "orders_rows", "x".repeat(5_000_000));

    assertThat(headers(producer.history().get(0)).get("reason")).hasSize(1_001).endsWith("x…");
  }

  @Test
  void waitsForEveryAcknowledgement() throws IOException {
    letters.add(CHANGE, "orders_rows", "");
    letters.add(CHANGE, "orders_rows", "");

    letters.flush();

    assertThat(producer.flushed()).isTrue();
    assertThat(producer.history()).hasSize(2);
  }

  @Test
  void failsTheCheckpointWhenALetterWasNotKept() throws IOException {
    letters.add(CHANGE, "orders_rows", "");
    producer.errorNext(new TimeoutException("no such topic"));

    assertThatIOException().isThrownBy(letters::flush).withMessageContaining("no such topic");
  }

  @Test
  void failsForGoodOnceALetterWasNotKept() {
    producer.sendException = new TimeoutException("no such topic");
    assertThatIOException().isThrownBy(() -> letters.add(CHANGE, "orders_rows", ""));
    producer.sendException = null;

    assertThatIOException().isThrownBy(letters::flush);
  }

  @Test
  void makesNoProducerWhereThereIsNoLetter() throws IOException {
    KafkaDeadLetters unused =
        new KafkaDeadLetters(
            Map.of(),
            () -> {
              throw new AssertionError("not needed");
            });

    unused.flush();
    unused.close();
  }

  @Test
  void closesItsProducer() throws IOException {
    letters.add(CHANGE, "orders_rows", "");
    letters.close();

    assertThat(producer.closed()).isTrue();
  }

  private static Map<String, String> headers(ProducerRecord<byte[], byte[]> letter) {
    Map<String, String> headers = new LinkedHashMap<>();
    letter
        .headers()
        .forEach(
            header ->
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
    return headers;
  }
}

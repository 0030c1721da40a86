package io.tributary.capture.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.CaptureOptions;
import io.tributary.capture.TestOptions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BrokerTest {
  private static final CaptureOptions OPTIONS = TestOptions.parse();
  private static final Instant BEATEN_AT = Instant.parse("2026-01-11T10:30:00.12Z");

  @Test
  void aBrokerThatEndsTransactionsTooEarlyIsRefused() {
    assertThatThrownBy(() -> Broker.requireTransactionTimeout(899_999, OPTIONS))
        .hasMessageContaining("Kafka at kafka:9092 allows transactions of 899999 ms")
        .hasMessageContaining("transaction.max.timeout.ms");
    assertThatCode(() -> Broker.requireTransactionTimeout(900_000, OPTIONS))
        .doesNotThrowAnyException();
  }

  @Test
  void onlyFreshBeatsTellOfTheServer() {
    assertThat(Stream.of("r", "u", "d", "c").flatMap(op -> beatIn(beat(op)).stream()))
        .containsExactly(
            new Beat(3601, BEATEN_AT, 2, "u", "binlog.000003", 77),
            new Beat(3601, BEATEN_AT, 2, "c", "binlog.000003", 77));
  }

  @Test
  void aRecordThatIsNoBeatIsPassedOver() {
    assertThat(Broker.beatIn(null)).isEmpty();
    assertThat(beatIn("")).isEmpty();
    assertThat(beatIn("{\"op\":")).isEmpty();
    assertThat(beatIn("[1]")).isEmpty();
    assertThat(beatIn("{\"op\":\"c\"}")).isEmpty();
    assertThat(beatIn(beat("c").replace("2026", "then"))).isEmpty();
  }

  private static String beat(String op) {
    return """
        {"before":null,"after":{"slot":1,"beat":3601,"server_uuid":"%1$s",\
        "beaten_at":"2026-01-11T10:30:00.120000Z"},"op":"%1$s","source":{"epoch":2,"file":"binlog.000003","pos":77,"row":0}}"""
        .formatted(op);
  }

  private static Optional<Beat> beatIn(String record) {
    return Broker.beatIn(record.getBytes(StandardCharsets.UTF_8));
  }
}

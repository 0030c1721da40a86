package io.tributary.sync.functions;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.common.ChangeEvent;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyChangesTest {
  private static final long WRITTEN_AT = 10_000;

  @ParameterizedTest
  @CsvSource({
    "true, 10000, true",
    "true, 11000, true",
    "true, 11001, false",
    "false, 10000, false"
  })
  void onlySettledAndYoungChangesAreWorthShowing(boolean settled, long now, boolean expected) {
    RecordHeaders headers = new RecordHeaders();
    if (settled) {
      headers.add(ChangeEvent.SETTLED_HEADER, new byte[0]);
    }
    var record =
        new ConsumerRecord<byte[], byte[]>(
            "t",
            0,
            0,
            WRITTEN_AT,
            TimestampType.CREATE_TIME,
            0,
            0,
            null,
            null,
            headers,
            Optional.empty());

    assertThat(new EarlyChanges(Duration.ofSeconds(1)).isWorthShowing(record, () -> now))
        .isEqualTo(expected);
  }
}

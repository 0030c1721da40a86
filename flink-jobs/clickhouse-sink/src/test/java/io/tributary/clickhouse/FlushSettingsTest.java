package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlushSettingsTest {
  private static final FlushSettings SETTINGS =
      new FlushSettings(50_000, 1 << 20, Duration.ofMillis(50));

  @ParameterizedTest
  @CsvSource({"0, 50", "1, 50", "5000, 50", "10000, 100", "20000, 200", "50000, 200"})
  void waitsLongerTheLargerTheLastBatchWas(int lastBatchRows, long millis) {
    assertThat(SETTINGS.waitAfter(lastBatchRows)).isEqualTo(millis);
  }

  @Test
  void refusesLimitsThatCannotBeKept() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FlushSettings(0, 1, Duration.ZERO))
        .withMessageContaining("at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FlushSettings(1, 1, Duration.ofMillis(-1)));
  }
}

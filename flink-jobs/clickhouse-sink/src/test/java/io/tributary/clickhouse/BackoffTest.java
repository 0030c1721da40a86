package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

  @ParameterizedTest
  @CsvSource({"1, 100", "2, 200", "6, 3200", "7, 5000", "1000000, 5000"})
  void doublesUpToItsLimit(int failures, long millis) {
    assertThat(Backoff.DEFAULT.millisAfter(failures)).isEqualTo(millis);
  }
}

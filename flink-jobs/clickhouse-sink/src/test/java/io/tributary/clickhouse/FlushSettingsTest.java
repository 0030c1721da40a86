package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tributary.clickhouse.FlushSettings.Rest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlushSettingsTest {
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final FlushSettings SETTINGS =
      new FlushSettings(
          50_000,
          1 << 20,
          Duration.ofMillis(50),
          Duration.ofMillis(5),
          new Rest(100, 2, Duration.ofMillis(20)));

  @ParameterizedTest
  @CsvSource({"100, 100, 105", "100, 130, 135", "100, 146, 150", "100, 900, 150"})
  void sendsABatchWhenABurstIsOverAndNeverLaterThanTheLongestWait(
      long firstAt, long lastAt, long dueAt) {
    assertThat(SETTINGS.dueAt(firstAt, lastAt)).isEqualTo(dueAt);
  }

  @ParameterizedTest
  @CsvSource({"0, 100, 100", "7, 100, 114", "7, 99, 100", "120000, 5000, 120"})
  void restsForSoManyTimesAsLongAsALargeInsertTookButNotForLong(long millis, int rows, long until) {
    assertThat(SETTINGS.restsUntil(100, millis, rows)).isEqualTo(until);
  }

  @Test
  void refusesLimitsThatCannotBeKept() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FlushSettings(0, 1, Duration.ZERO, MILLISECOND, Rest.NONE))
        .withMessageContaining("at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FlushSettings(1, 1, Duration.ofMillis(-1), MILLISECOND, Rest.NONE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FlushSettings(1, 1, MILLISECOND, Duration.ZERO, Rest.NONE));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new FlushSettings(1, 1, MILLISECOND, MILLISECOND, new Rest(0, -1, Duration.ZERO)));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new FlushSettings(
                    1, 1, MILLISECOND, MILLISECOND, new Rest(0, 1, Duration.ofMillis(-1))));
  }
}

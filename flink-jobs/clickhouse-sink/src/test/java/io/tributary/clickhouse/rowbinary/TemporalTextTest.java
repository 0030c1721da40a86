package io.tributary.clickhouse.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemporalTextTest {
  private static final long FIRST_SECOND = -62_167_219_200L;
  private static final long LAST_SECOND = 253_402_300_799L;

  @Property
  void agreesWithInstantOnEveryMicrosecond(
      @ForAll @LongRange(min = FIRST_SECOND, max = LAST_SECOND) long second,
      @ForAll @IntRange(max = 999_999) int micros)
      throws BadValueException {
    String text = Instant.ofEpochSecond(second, micros * 1_000L).toString();

    assertThat(ticks(text, 6)).isEqualTo(second * 1_000_000 + micros);
  }

  @Property
  void agreesWithLocalDateOnEveryDay(
      @ForAll @LongRange(min = FIRST_SECOND / 86_400, max = LAST_SECOND / 86_400) long day)
      throws BadValueException {
    String text = LocalDate.ofEpochDay(day).toString();

    assertThat(TemporalText.epochDay(text.toCharArray(), 0, text.length())).isEqualTo(day);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2025-01-11",
        "2025-01-11T10:30:00",
        "2025-01-11 10:30:00Z",
        "2025-01-11T10:30:00+09:00",
        "2025-01-11T10:30:00.Z",
        "2025-01-11T10:30:00.1234567890Z",
        "2025-01-11T10:30:00.12x456Z",
        "2025-01-11T24:00:00Z",
        "2025-01-11T10:60:00Z",
        "2025-01-11T10:30:60Z",
        "2025-13-11T10:30:00Z",
        "2025-02-29T10:30:00Z",
        "1900-02-29T10:30:00Z",
        "0000-00-00T00:00:00Z",
        "25-01-11T10:30:00.00Z",
      })
  void refusesWhatIsNoTimeInUtc(String text) {
    assertThatThrownBy(() -> ticks(text, 9)).isInstanceOf(BadValueException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2025-1-11", "2025-01-32", "2025-04-31", "2025/01/11", "2025-01-11T"})
  void refusesWhatIsNoDate(String text) {
    assertThatThrownBy(() -> TemporalText.epochDay(text.toCharArray(), 0, text.length()))
        .isInstanceOf(BadValueException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1970-01-01T00:00:01.5Z", "1970-01-01T00:00:01.500000Z"})
  void takesAnyNumberOfDigitsThatTheColumnHolds(String text) throws BadValueException {
    assertThat(ticks(text, 3)).isEqualTo(1_500);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1970-01-01T00:00:01.0005Z", "1970-01-01T00:00:01.123456Z"})
  void neverRounds(String text) {
    assertThatThrownBy(() -> ticks(text, 3))
        .isInstanceOf(BadValueException.class)
        .hasMessageContaining("finer");
  }

  private static long ticks(String text, int digits) throws BadValueException {
    // Not at the array's start, as in a parser's buffer.
    char[] padded = ("\"" + text + "\"").toCharArray();
    return TemporalText.epochTicks(padded, 1, text.length(), digits);
  }
}

package io.tributary.capture.functions;

import java.time.LocalDate;

/**
 * Dates and times as the change event writes them. A value's text depends on the value alone, never
 * on how it was read, so the snapshot and the binlog give the same.
 */
final class IsoText {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long SECONDS_PER_DAY = 86_400;

  private IsoText() {}

  /** {@code 2025-01-11} for a number of days since 1970-01-01. */
  static String date(long epochDay) {
    StringBuilder text = new StringBuilder(10);
    appendDate(text, epochDay);
    return text.toString();
  }

  /**
   * {@code 2025-01-11T10:30:00Z}, or with six digits of a second where it is not a whole one.
   *
   * @param micros microseconds since 1970-01-01T00:00:00Z
   */
  static String instant(long micros) {
    long seconds = Math.floorDiv(micros, MICROS_PER_SECOND);
    StringBuilder text = new StringBuilder(27);
    appendDate(text, Math.floorDiv(seconds, SECONDS_PER_DAY));
    text.append('T');
    appendTime(text, Math.floorMod(seconds, SECONDS_PER_DAY));
    appendFraction(text, Math.floorMod(micros, MICROS_PER_SECOND));
    return text.append('Z').toString();
  }

  /**
   * {@code 10:30:00}, {@code -838:59:59} or {@code 10:30:00.120000}: MySQL's TIME is a span, may be
   * negative and longer than a day.
   *
   * @param micros the span in microseconds
   */
  static String span(long micros) {
    StringBuilder text = new StringBuilder(17);
    if (micros < 0) {
      text.append('-');
    }
    long size = Math.abs(micros);
    appendTime(text, size / MICROS_PER_SECOND);
    appendFraction(text, size % MICROS_PER_SECOND);
    return text.toString();
  }

  private static void appendDate(StringBuilder text, long epochDay) {
    LocalDate date = LocalDate.ofEpochDay(epochDay);
    appendPadded(text, date.getYear(), 4);
    text.append('-');
    appendPadded(text, date.getMonthValue(), 2);
    text.append('-');
    appendPadded(text, date.getDayOfMonth(), 2);
  }

  private static void appendTime(StringBuilder text, long seconds) {
    appendPadded(text, seconds / 3600, 2);
    text.append(':');
    appendPadded(text, seconds / 60 % 60, 2);
    text.append(':');
    appendPadded(text, seconds % 60, 2);
  }

  private static void appendFraction(StringBuilder text, long micros) {
    if (micros != 0) {
      text.append('.');
      appendPadded(text, micros, 6);
    }
  }

  /** A number that is not negative, with zeros before it up to a width. */
  private static void appendPadded(StringBuilder text, long number, int width) {
    long limit = 1;
    for (int digit = 1; digit < width; digit++) {
      limit *= 10;
    }
    for (; number < limit && limit > 1; limit /= 10) {
      text.append('0');
    }
    text.append(number);
  }
}

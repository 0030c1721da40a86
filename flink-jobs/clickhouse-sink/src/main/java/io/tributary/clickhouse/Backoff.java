package io.tributary.clickhouse;

import java.time.Duration;

/**
 * How long to wait between tries: twice as long each time, up to a limit.
 *
 * @param first wait after the first failure
 * @param longest limit of the wait
 */
record Backoff(Duration first, Duration longest) {

  /** Short enough to go unnoticed at a restart, long enough not to crowd a server in need. */
  static final Backoff DEFAULT = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

  private static final int MAX_DOUBLINGS = 30;

  /** Milliseconds to wait after a number of failures in a row, from 1. */
  long millisAfter(int failures) {
    long doubled = first.toMillis() << Math.min(failures - 1, MAX_DOUBLINGS);
    return Math.min(doubled, longest.toMillis());
  }
}

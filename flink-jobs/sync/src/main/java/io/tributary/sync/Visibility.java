package io.tributary.sync;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** When a change may be seen in the warehouse. */
public enum Visibility {
  /** Once capture has committed it to its topic. */
  COMMITTED,
  /**
   * As soon as it is in its topic, if it is sure to come again should its transaction be aborted.
   * The committed changes are written all the same, so nothing depends on the early ones.
   */
  EARLY;

  /**
   * Reads {@code committed} or {@code early}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static Visibility parse(String text) {
    for (Visibility visibility : values()) {
      if (visibility.word().equals(text)) {
        return visibility;
      }
    }
    throw new IllegalArgumentException(
        "must be %s, not '%s'"
            .formatted(
                Arrays.stream(values()).map(Visibility::word).collect(Collectors.joining(" or ")),
                text));
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}

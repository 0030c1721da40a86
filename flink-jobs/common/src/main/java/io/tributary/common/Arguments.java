package io.tributary.common;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A job's command line, {@code --name value …}, read so that one message names all that is wrong.
 *
 * <p>Ask for every argument first, then call {@link #requireValid()}: until then a problem is only
 * noted, and the getter returns a stand-in that must not be used.
 *
 * <pre>{@code
 * Arguments args = Arguments.of(argv);
 * var options = new Options(args.text("database"), args.port("mysql-port"));
 * args.requireValid();
 * }</pre>
 */
public final class Arguments {
  private final Map<String, String> values = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final List<String> problems = new ArrayList<>();

  private Arguments() {}

  /** Takes a command line apart; what does not have the form {@code --name value} is noted. */
  public static Arguments of(String... argv) {
    Arguments arguments = new Arguments();
    int i = 0;
    while (i < argv.length) {
      if (!argv[i].startsWith("--")) {
        arguments.problems.add("'%s' stands without a --name before it".formatted(argv[i]));
        i++;
      } else {
        String name = argv[i].substring(2);
        arguments.put(name, i + 1 < argv.length ? argv[i + 1] : null);
        i += 2;
      }
    }
    return arguments;
  }

  private void put(String name, String value) {
    if (values.containsKey(name)) {
      problems.add("--%s is given twice".formatted(name));
    }
    values.put(name, value);
  }

  /** A text that must be given and not be blank. */
  public String text(String name) {
    return read(name, "", value -> value);
  }

  /** A whole number that must be given and lie in {@code min..max}. */
  public long integer(String name, long min, long max) {
    return read(name, min, value -> parseInteger(value, min, max));
  }

  /** A whole number in {@code min..max}, or the default where the argument is absent. */
  public long integer(String name, long min, long max, long defaultValue) {
    return values.containsKey(name) ? integer(name, min, max) : absent(name, defaultValue);
  }

  /** A TCP port that must be given. */
  public int port(String name) {
    return (int) integer(name, 1, 65_535);
  }

  /** A time in milliseconds, at least 1, that must be given. */
  public Duration millis(String name) {
    return Duration.ofMillis(integer(name, 1, Integer.MAX_VALUE));
  }

  /** A time in milliseconds, at least 1, or the default where the argument is absent. */
  public Duration millis(String name, Duration defaultValue) {
    return values.containsKey(name) ? millis(name) : absent(name, defaultValue);
  }

  /** The tables the job works on, which must be given. */
  public List<TableSpec> tables(String name) {
    return read(name, List.of(), TableSpec::parse);
  }

  /**
   * Reads an argument that must be given.
   *
   * @param parse throws an {@link IllegalArgumentException} whose message completes the sentence
   *     "--name …"
   * @return the parsed value, or the stand-in if there was a problem
   */
  public <T> T read(String name, T standIn, Function<String, T> parse) {
    known.add(name);
    String value = values.get(name);
    if (value == null || value.isBlank()) {
      problems.add("--%s is missing".formatted(name));
      return standIn;
    }
    try {
      return parse.apply(value);
    } catch (IllegalArgumentException e) {
      problems.add("--%s %s".formatted(name, e.getMessage()));
      return standIn;
    }
  }

  /**
   * Ends the reading.
   *
   * @throws IllegalArgumentException naming every missing, bad and unknown argument
   */
  public void requireValid() {
    List<String> all = new ArrayList<>(problems);
    values.keySet().stream()
        .filter(name -> !known.contains(name))
        .forEach(name -> all.add("--%s is unknown".formatted(name)));
    if (!all.isEmpty()) {
      throw new IllegalArgumentException(
          "The arguments are not right:\n  - %s\nKnown arguments: --%s"
              .formatted(String.join("\n  - ", all), String.join(", --", known)));
    }
  }

  private <T> T absent(String name, T defaultValue) {
    known.add(name);
    return defaultValue;
  }

  private static long parseInteger(String value, long min, long max) {
    try {
      long number = Long.parseLong(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message.
    }
    throw new IllegalArgumentException(
        "must be a whole number from %d to %d, not '%s'".formatted(min, max, value));
  }
}

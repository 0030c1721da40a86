package io.tributary.clickhouse.schema;

import java.util.ArrayList;
import java.util.List;

/**
 * A type as {@code system.columns} spells it, taken apart: {@code Nullable(Decimal(12, 2))} is the
 * name {@code Nullable} with the one argument {@code Decimal(12, 2)}.
 *
 * @param name the part before the parenthesis
 * @param arguments the parts between the parentheses, trimmed, quotes kept
 */
public record TypeExpression(String name, List<String> arguments) {

  /**
   * Takes a type apart.
   *
   * @throws IllegalArgumentException if parentheses or quotes do not match
   */
  public static TypeExpression parse(String type) {
    int open = type.indexOf('(');
    if (open < 0) {
      return new TypeExpression(type.trim(), List.of());
    }
    if (!type.endsWith(")")) {
      throw new IllegalArgumentException("type %s does not end in a parenthesis".formatted(type));
    }
    return new TypeExpression(
        type.substring(0, open).trim(), split(type.substring(open + 1, type.length() - 1)));
  }

  /** The argument at an index as a whole number. */
  public int intArgument(int index) {
    return Integer.parseInt(arguments.get(index));
  }

  /** The type as a whole again. */
  @Override
  public String toString() {
    return arguments.isEmpty() ? name : name + "(" + String.join(", ", arguments) + ")";
  }

  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    boolean quoted = false;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        } else if (c == '\'') {
          quoted = false;
        }
      } else if (c == '\'') {
        quoted = true;
      } else if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && depth == 0) {
        parts.add(text.substring(start, i).trim());
        start = i + 1;
      }
    }
    if (quoted || depth != 0) {
      throw new IllegalArgumentException("quotes or parentheses do not match in " + text);
    }
    parts.add(text.substring(start).trim());
    return List.copyOf(parts);
  }
}

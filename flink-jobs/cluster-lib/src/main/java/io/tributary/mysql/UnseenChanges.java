package io.tributary.mysql;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds the statements that change a captured table and that the source announces under no captured
 * name, so that nobody behind the source hears of them:
 *
 * <ul>
 *   <li>{@code RENAME TABLE}: announced under the new name.
 *   <li>{@code EXCHANGE PARTITION}: announced under the name of the table with the partition.
 *   <li>{@code DROP DATABASE}: announced without a table.
 *   <li>What stands in a comment that MySQL executes: the source's parser passes over it.
 *   <li>Rows written by a statement: the source passes over most.
 * </ul>
 *
 * <p>Judges by the statement's words. A table that only happens to be mentioned counts too; better
 * so than the other way round. Pure.
 */
public final class UnseenChanges {
  private static final Pattern MOVES =
      insensitive("\\b(RENAME\\b(?!\\s+(COLUMN|INDEX|KEY)\\b)|EXCHANGE\\s+PARTITION\\b)");
  private static final Pattern DROPS_DATABASE = insensitive("\\bDROP\\s+(DATABASE|SCHEMA)\\b");
  private static final Pattern WRITES =
      insensitive(
          "^(?:[\\s(]|--[^\\n]*\\n|#[^\\n]*\\n)*(REPLACE|INSERT|UPDATE|DELETE|WITH|SELECT|DO)\\b");

  /** What has been created since, and looking, changes no row that is there. */
  private static final Pattern CREATES = insensitive("^\\s*(CREATE|ANALYZE)\\b");

  private static final Pattern COMMENT = insensitive("/\\*(?!!).*?\\*/");
  private static final Pattern EXECUTED = insensitive("/\\*!\\d*(.*?)\\*/");

  /** An identifier, or any other word. */
  private static final Pattern WORD = Pattern.compile("[\\w$-]+");

  private UnseenChanges() {}

  private static Pattern insensitive(String regex) {
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  }

  /**
   * What a statement changes unseen, e.g. {@code table platform.orders}.
   *
   * @param databases those in which a table without a database before its name may be
   * @param captured the captured tables, each with its database: {@code platform.orders}
   */
  public static Optional<String> find(
      String statement, Set<String> databases, Collection<String> captured) {
    String executed = executed(statement);
    Set<String> words =
        WORD.matcher(executed).results().map(MatchResult::group).collect(Collectors.toSet());
    if (DROPS_DATABASE.matcher(executed).find()) {
      return captured.stream()
          .map(table -> nameOf(table)[0])
          .filter(words::contains)
          .map(database -> "database " + database)
          .findFirst();
    }
    if (!isUnseen(statement, executed)) {
      return Optional.empty();
    }
    return captured.stream()
        .filter(
            table -> {
              String[] name = nameOf(table);
              return words.contains(name[1])
                  && (databases.contains(name[0]) || words.contains(name[0]));
            })
        .map(table -> "table " + table)
        .findFirst();
  }

  /** Whether a statement writes rows, of whatever table. */
  public static boolean writesRows(String statement) {
    return WRITES.matcher(executed(statement)).find();
  }

  /** Without comments, and with what MySQL executes of them. */
  private static String executed(String statement) {
    return EXECUTED.matcher(COMMENT.matcher(statement).replaceAll(" ")).replaceAll(" $1 ");
  }

  private static boolean isUnseen(String statement, String executed) {
    return MOVES.matcher(executed).find()
        || WRITES.matcher(executed).find()
        || (EXECUTED.matcher(statement).find() && !CREATES.matcher(executed).find());
  }

  /** Database and table. */
  private static String[] nameOf(String table) {
    return table.split("\\.", 2);
  }
}

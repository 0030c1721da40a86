package io.tributary.mysql;

import com.mysql.cj.MysqlConnection;
import com.mysql.cj.Query;
import com.mysql.cj.interceptors.QueryInterceptor;
import com.mysql.cj.jdbc.JdbcConnection;
import com.mysql.cj.log.Log;
import com.mysql.cj.protocol.Resultset;
import com.mysql.cj.protocol.ServerSession;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.Properties;
import java.util.function.Supplier;

/**
 * Answers {@code SHOW MASTER STATUS}, by which Flink CDC 3.5 asks where a part of a snapshot stands
 * in the binlog, with one place for all parts: the one that it was told, from before the first of
 * them.
 *
 * <p>The reader of the binlog starts at the lowest place of a part. A part that is read again after
 * a failure would otherwise stand behind changes of rows that it had already sent; were it the
 * first, those changes would be left out, and a row that was deleted meanwhile would stay for ever.
 * MySQL 8.4 also dropped the question itself.
 *
 * <p>To be named in the driver's property {@code queryInterceptors}, and to lie where the driver's
 * class loader finds it: beside the driver, in the cluster's {@code lib} folder.
 */
public final class BinaryLogStatusInterceptor implements QueryInterceptor {
  private static final String OLD_QUESTION = "SHOW MASTER STATUS";

  /** The driver's property with the place, as {@link #place} writes it. */
  public static final String PLACE = "tributarySnapshotPlace";

  private MysqlConnection connection;
  private String answer;

  /**
   * A place in the binlog, as {@link #PLACE} wants it: free of what has a meaning in an address.
   *
   * @param file name of a binlog file
   * @param pos bytes in it
   * @param gtids the transactions before it; empty where the source does not number them
   */
  public static String place(String file, long pos, String gtids) {
    String text = String.join("\n", file, String.valueOf(pos), gtids.replaceAll("\\s", ""));
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The query that answers the old question with a place. */
  static String answerOf(String place) {
    String text = new String(HexFormat.of().parseHex(place), StandardCharsets.UTF_8);
    String[] parts = text.split("\n", -1);
    return "SELECT '%s' AS File, %d AS Position, '' AS Binlog_Do_DB, '' AS Binlog_Ignore_DB, '%s' AS Executed_Gtid_Set"
        .formatted(quoted(parts[0]), Long.parseLong(parts[1]), quoted(parts[2]));
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("'", "''");
  }

  @Override
  public QueryInterceptor init(MysqlConnection newConnection, Properties properties, Log log) {
    this.connection = newConnection;
    String place = properties.getProperty(PLACE);
    if (place == null) {
      throw new IllegalArgumentException("The property %s is missing".formatted(PLACE));
    }
    this.answer = answerOf(place);
    return this;
  }

  @Override
  @SuppressWarnings("unchecked") // The driver's result sets are the driver's Resultset.
  public <T extends Resultset> T preProcess(Supplier<String> sql, Query interceptedQuery) {
    if (!isOldQuestion(sql.get())) {
      return null;
    }
    try {
      Statement statement = ((JdbcConnection) connection).createStatement();
      statement.closeOnCompletion();
      return (T) statement.executeQuery(answer);
    } catch (SQLException e) {
      throw new IllegalStateException("%s failed: %s".formatted(answer, e.getMessage()), e);
    }
  }

  static boolean isOldQuestion(String sql) {
    return sql != null && OLD_QUESTION.equalsIgnoreCase(sql.strip());
  }

  @Override
  public <T extends Resultset> T postProcess(
      Supplier<String> sql, Query interceptedQuery, T result, ServerSession serverSession) {
    return result;
  }

  @Override
  public boolean executeTopLevelOnly() {
    return true;
  }

  @Override
  public void destroy() {
    connection = null;
  }
}

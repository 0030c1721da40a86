package io.tributary.mysql;

import com.mysql.cj.MysqlConnection;
import com.mysql.cj.Query;
import com.mysql.cj.interceptors.QueryInterceptor;
import com.mysql.cj.jdbc.JdbcConnection;
import com.mysql.cj.log.Log;
import com.mysql.cj.protocol.Resultset;
import com.mysql.cj.protocol.ServerSession;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.function.Supplier;

/**
 * Answers {@code SHOW MASTER STATUS}, which MySQL 8.4 dropped, with {@code SHOW BINARY LOG STATUS}.
 * The columns are the same. Flink CDC 3.5 still asks the old question.
 *
 * <p>To be named in the driver's property {@code queryInterceptors}, and to lie where the driver's
 * class loader finds it: beside the driver, in the cluster's {@code lib} folder.
 */
public final class BinaryLogStatusInterceptor implements QueryInterceptor {
  private static final String OLD_QUESTION = "SHOW MASTER STATUS";
  private static final String NEW_QUESTION = "SHOW BINARY LOG STATUS";

  private MysqlConnection connection;

  @Override
  public QueryInterceptor init(MysqlConnection newConnection, Properties properties, Log log) {
    this.connection = newConnection;
    return this;
  }

  @Override
  @SuppressWarnings("unchecked") // The driver's result sets are the driver's Resultset.
  public <T extends Resultset> T preProcess(Supplier<String> sql, Query interceptedQuery) {
    if (!isOldQuestion(sql.get()) || !serverKnowsNewQuestion()) {
      return null;
    }
    try {
      Statement statement = ((JdbcConnection) connection).createStatement();
      statement.closeOnCompletion();
      return (T) statement.executeQuery(NEW_QUESTION);
    } catch (SQLException e) {
      throw new IllegalStateException("%s failed: %s".formatted(NEW_QUESTION, e.getMessage()), e);
    }
  }

  static boolean isOldQuestion(String sql) {
    return sql != null && OLD_QUESTION.equalsIgnoreCase(sql.strip());
  }

  private boolean serverKnowsNewQuestion() {
    return connection.getSession().versionMeetsMinimum(8, 2, 0);
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

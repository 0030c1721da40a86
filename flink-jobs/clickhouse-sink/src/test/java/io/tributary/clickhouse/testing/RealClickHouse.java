package io.tributary.clickhouse.testing;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.query.GenericRecord;
import io.tributary.clickhouse.ClickHouseConnection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A database of its own in a running ClickHouse, for the {@code *ITCase} tests. The server is named
 * by the system properties {@code it.clickhouse.url}, {@code it.clickhouse.user} (who may create
 * databases) and {@code it.clickhouse.password-file}.
 */
public final class RealClickHouse implements AutoCloseable {
  private final ClickHouseConnection connection;
  private final Client client;

  /** Makes the database, empty. */
  public RealClickHouse(String database) {
    connection =
        new ClickHouseConnection(
            required("it.clickhouse.url"),
            required("it.clickhouse.user"),
            required("it.clickhouse.password-file"),
            database);
    client =
        new Client.Builder()
            .addEndpoint(connection.url())
            .setUsername(connection.user())
            .setPassword(connection.readPassword())
            .compressServerResponse(false)
            .build();
    execute("DROP DATABASE IF EXISTS " + database);
    execute("CREATE DATABASE " + database);
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException(
          "this test needs a running server: set -D%s=…".formatted(property));
    }
    return value;
  }

  /** How the sink reaches the database. */
  public ClickHouseConnection connection() {
    return connection;
  }

  /** Runs a statement; names are looked up in every database. */
  public void execute(String sql) {
    try {
      client.execute(sql).join().close();
    } catch (Exception e) {
      throw new IllegalStateException("ClickHouse did not run " + sql, e);
    }
  }

  /** The rows of a query, each a map from column to value as text; NULL is null. */
  public List<Map<String, String>> query(String sql) {
    return client.queryAll(sql).stream().map(RealClickHouse::texts).toList();
  }

  /** The one value of a query that gives one. */
  public String value(String sql) {
    return query(sql).get(0).values().iterator().next();
  }

  private static Map<String, String> texts(GenericRecord row) {
    Map<String, String> texts = new TreeMap<>();
    row.getValues().forEach((name, value) -> texts.put(name, value == null ? null : "" + value));
    return texts;
  }

  @Override
  public void close() {
    execute("DROP DATABASE IF EXISTS " + connection.database());
    client.close();
  }
}

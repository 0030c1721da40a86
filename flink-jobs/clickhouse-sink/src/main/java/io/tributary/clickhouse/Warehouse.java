package io.tributary.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/**
 * The warehouse over HTTP. Each call is one request: it is done when it returns, has failed when it
 * throws, and is never tried again in here. Thread-safe.
 */
final class Warehouse implements AutoCloseable {
  private static final long CONNECT_SECONDS = 5;
  private static final long ANSWER_SECONDS = 30;

  /** Below the 10 s after which ClickHouse hangs up on an idle connection by default. */
  private static final long KEEP_ALIVE_SECONDS = 5;

  private static final String INSERTABLE_COLUMNS =
      """
      SELECT name, type FROM system.columns
      WHERE database = {database:String} AND table = {table:String}
        AND default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL')
      ORDER BY position
      """;

  private final Client client;
  private final String database;

  private Warehouse(Client client, String database) {
    this.client = client;
    this.database = database;
  }

  /**
   * Makes the client; sends nothing yet.
   *
   * @param maxConnections how many requests may run at once
   */
  static Warehouse at(ClickHouseConnection connection, int maxConnections) {
    Client client =
        new Client.Builder()
            .addEndpoint(connection.url())
            .setUsername(connection.user())
            .setPassword(connection.readPassword())
            .setDefaultDatabase(connection.database())
            .setClientName("tributary")
            .setMaxConnections(maxConnections)
            .setConnectTimeout(CONNECT_SECONDS, ChronoUnit.SECONDS)
            .setConnectionRequestTimeout(CONNECT_SECONDS, ChronoUnit.SECONDS)
            .setSocketTimeout(ANSWER_SECONDS, ChronoUnit.SECONDS)
            .setKeepAliveTimeout(KEEP_ALIVE_SECONDS, ChronoUnit.SECONDS)
            // The sink alone decides what is tried again.
            .setMaxRetries(0)
            // In one network, compressing costs more time than the bytes do. It also keeps the
            // client from loading its codecs, of which zstd's is not in every registry.
            .compressClientRequest(false)
            .compressServerResponse(false)
            // Acknowledged has to mean stored.
            .serverSetting("async_insert", "0")
            .build();
    return new Warehouse(client, connection.database());
  }

  /**
   * Reads the columns of a table that can be inserted into.
   *
   * @throws SchemaMismatchException if there is no such table, or it may not be seen
   */
  TableSchema describe(String table) {
    List<GenericRecord> found =
        client.queryAll(
            INSERTABLE_COLUMNS,
            Map.of("database", database, "table", table),
            new QuerySettings().setFormat(ClickHouseFormat.RowBinaryWithNamesAndTypes));
    if (found.isEmpty()) {
      throw new SchemaMismatchException(
          "there is no table %s.%s, or user %s may not see it. Apply sql/clickhouse/ and its grants"
              .formatted(database, table, client.getUser()));
    }
    List<Column> columns =
        found.stream()
            .map(row -> new Column(row.getString("name"), row.getString("type")))
            .toList();
    return new TableSchema(database, table, columns);
  }

  /**
   * Inserts the rows {@code from} (included) to {@code to} (excluded), and waits for the answer.
   */
  void insert(TableSchema table, RowBuffer rows, int from, int to) {
    client
        .insert(
            table.quotedName(),
            table.quotedColumns(),
            out -> rows.writeTo(out, from, to),
            ClickHouseFormat.RowBinaryWithDefaults,
            new InsertSettings())
        // Requests run in the calling thread, so the future is complete.
        .join()
        .close();
  }

  @Override
  public void close() {
    client.close();
  }
}

package io.tributary.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.util.IOUtils;

/**
 * The warehouse over HTTP. Each call is one request: it is done when it returns, has failed when it
 * throws, and is never tried again in here. Thread-safe.
 */
final class Warehouse implements AutoCloseable {
  private static final long CONNECT_SECONDS = 5;
  private static final long ANSWER_SECONDS = 30;

  /** Below the 10 s after which ClickHouse hangs up on an idle connection by default. */
  private static final long KEEP_ALIVE_SECONDS = 5;

  /** Versions make it harmless: the row has the one that it had. */
  private static final String INSERT_ONE_AGAIN =
      "INSERT INTO %1$s (%2$s) SELECT %2$s FROM %1$s LIMIT 1";

  private static final String INSERTABLE_COLUMNS =
      """
      SELECT table, name, type FROM system.columns
      WHERE database = {database:String} AND table IN splitByChar(',', {tables:String})
        AND default_kind NOT IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL')
      ORDER BY table, position
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
            // Rows of ten years may come in one batch, as from a snapshot. The limit is meant for
            // those who cut a table into too many partitions by mistake.
            .serverSetting("max_partitions_per_insert_block", "0")
            .build();
    return new Warehouse(client, connection.database());
  }

  /**
   * Reads the columns of tables that can be inserted into.
   *
   * @return the tables in the given order
   * @throws SchemaMismatchException if one is not there, or may not be seen
   */
  List<TableSchema> describe(List<String> tables) {
    Map<String, List<Column>> found =
        client
            .queryAll(
                INSERTABLE_COLUMNS,
                Map.of("database", database, "tables", String.join(",", tables)),
                new QuerySettings().setFormat(ClickHouseFormat.RowBinaryWithNamesAndTypes))
            .stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.getString("table"),
                    Collectors.mapping(Warehouse::column, Collectors.toList())));
    return tables.stream().map(table -> schemaOf(table, found.get(table))).toList();
  }

  private TableSchema schemaOf(String table, List<Column> columns) {
    if (columns == null) {
      throw new SchemaMismatchException(
          "there is no table %s.%s, or user %s may not see it. Apply sql/clickhouse/ and its grants"
              .formatted(database, table, client.getUser()));
    }
    return new TableSchema(database, table, columns);
  }

  private static Column column(GenericRecord row) {
    return new Column(row.getString("name"), row.getString("type"));
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

  /**
   * Inserts a row that the table has already.
   *
   * @return whether there was one
   */
  boolean insertOneAgain(TableSchema table) {
    String columns = String.join(", ", table.quotedColumns());
    String statement = INSERT_ONE_AGAIN.formatted(table.quotedName(), columns);
    QueryResponse answer = client.query(statement).join();
    try {
      return answer.getWrittenRows() > 0;
    } finally {
      IOUtils.closeQuietly(answer);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}

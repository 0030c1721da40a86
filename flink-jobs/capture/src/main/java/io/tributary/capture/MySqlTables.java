package io.tributary.capture;

import io.debezium.relational.history.DatabaseHistory;
import io.tributary.capture.preflight.SourceConnection;
import io.tributary.capture.preflight.SourceFacts;
import io.tributary.capture.records.TopicRecord;
import io.tributary.capture.source.WholeChunkSource;
import io.tributary.common.TableSpec;
import io.tributary.mysql.BinaryLogStatusInterceptor;
import io.tributary.mysql.JsonText;
import io.tributary.mysql.TableDefinitions;
import io.tributary.mysql.ZeroDates;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.cdc.connectors.mysql.source.MySqlSource;
import org.apache.flink.cdc.connectors.mysql.table.StartupOptions;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;

/** The source of the capture job, set up so that it loses nothing and every type has one text. */
final class MySqlTables {
  /** Blanks, a comment, or either end of one that MySQL executes. */
  private static final String GAP =
      "(?:\\s|/\\*!\\d*|\\*/|/\\*(?!!)(?:[^*]|\\*(?!/))*+\\*/|--[^\\n]*+\\n|#[^\\n]*+\\n)";

  /**
   * Statements that are not read. Those about accounts and programs the source's parser need not
   * understand: it is older than the server, and capture stops at what it does not know. And what
   * is created if it is not there leaves a table that is there as it was, which the parser does not
   * always see: it took {@code CREATE TABLE IF NOT EXISTS orders LIKE order_items} for the truth.
   *
   * <p>Blanks stand for comments, too, and before the first word; a dot stands for the end of a
   * line as well, since many of them take several. There may be no comma: the source cuts there.
   */
  private static final String HARMLESS_STATEMENTS =
      Stream.of(
              "(GRANT|REVOKE|FLUSH|SET)\\b.*",
              "(CREATE|ALTER|DROP|RENAME) (USER|ROLE|EVENT|FUNCTION|PROCEDURE|TRIGGER|VIEW|SERVER)\\b.*",
              "CREATE (OR REPLACE|DEFINER|ALGORITHM|SQL SECURITY|AGGREGATE)\\b.*",
              "CREATE TABLE IF NOT EXISTS\\b.*",
              "DROP TEMPORARY TABLE\\b.*",
              "SAVEPOINT\\b.*")
          .map(statement -> "(?s)" + GAP + "*" + statement.replace(" ", GAP + "+"))
          .collect(Collectors.joining(","));

  /** How long the source may be silent: longer, and the reader connects again. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  /**
   * Changes that are handed on at once. Fewer wait for others until the poll interval is over, the
   * last millisecond of which the reader spends in a loop.
   */
  private static final int BATCH = 256;

  /** Rows of a chunk, and changes that wait to be handed on: where none of them is wide. */
  private static final int ROWS_IN_MEMORY = 8_192;

  /**
   * So large the rows may be in MySQL. As objects, as text and as bytes they take several times as
   * much.
   */
  private static final long BYTES_IN_MEMORY = 16L << 20;

  /** Fewer are not read at once, however wide they are. */
  private static final int FEWEST_ROWS_IN_MEMORY = 16;

  /** Keys per row up to which chunks are cut by arithmetic, each of that many times its size. */
  private static final double LARGEST_KEY_GAPS = 2;

  private MySqlTables() {}

  /**
   * The source.
   *
   * @param tables the captured tables as the source has them now, by name
   */
  static WholeChunkSource<TopicRecord> source(
      CaptureOptions options,
      String password,
      Map<String, SourceFacts.Table> tables,
      DebeziumDeserializationSchema<TopicRecord> deserializer) {
    MySqlSource<TopicRecord> connector =
        MySqlSource.<TopicRecord>builder()
            .hostname(options.mysqlHost())
            .port(options.mysqlPort())
            .username(options.mysqlUser())
            .password(password)
            // Statements in other databases are looked at, too: one may have moved a table there.
            // What is read is for the tables' patterns to say, which name their database.
            .databaseList(".*")
            .tableList(
                options.tables().stream()
                    .map(table -> tablePattern(options.database(), table))
                    .toArray(String[]::new))
            .serverId(options.serverIds().toString())
            .serverTimeZone("UTC")
            .splitSize(rowsInMemory(tables.values()))
            // A chunk is held in memory. Keys with gaps are cut by counting rows, so that no chunk
            // of them is larger than others; what has no end yet comes first, before it grows.
            .distributionFactorUpper(LARGEST_KEY_GAPS)
            .assignUnboundedChunkFirst(true)
            .startupOptions(StartupOptions.initial())
            // The connector's own heartbeat goes back to the start of the event it comes after: a
            // checkpoint just then would bring that event's rows twice. The source's beats do
            // instead.
            .heartbeatInterval(Duration.ZERO)
            // Versions order snapshot rows and changes, so what changes while a chunk is read need
            // not be merged into it: the binlog is read from the place of the chunk that stands
            // lowest, and from there no change is left out, whichever chunk it is in. Merging reads
            // the binlog again for each chunk, and was seen to hang: capture ran on and read no
            // more.
            .skipSnapshotBackfill(true)
            // Changes of definition reach the deserializer, which stops at them.
            .includeSchemaChanges(true)
            .jdbcProperties(jdbcProperties())
            .debeziumProperties(debeziumProperties(options, tables))
            .deserializer(deserializer)
            .build();
    Set<String> captured =
        options.tables().stream()
            .map(table -> options.database() + "." + table.table())
            .collect(Collectors.toSet());
    return new WholeChunkSource<>(connector, deserializer, captured);
  }

  /**
   * How many rows are held in memory at once, so that those of the widest table fit: of a table
   * that fits into memory as a whole, none is too wide. Pure.
   */
  static int rowsInMemory(Collection<SourceFacts.Table> tables) {
    long widest =
        tables.stream()
            .map(SourceFacts.Table::size)
            .filter(size -> size.bytes() > BYTES_IN_MEMORY)
            .mapToLong(SourceFacts.Size::bytesPerRow)
            .max()
            .orElse(0);
    long fitting = BYTES_IN_MEMORY / Math.max(widest, 1);
    return (int) Math.max(FEWEST_ROWS_IN_MEMORY, Math.min(fitting, ROWS_IN_MEMORY));
  }

  /**
   * Matches a table, and also the comma-separated list of tables under which the source announces a
   * statement about several: without that, {@code DROP TABLE a, b} would go unnoticed. A comma has
   * to be written as {@code \x2C}, since the source splits its patterns at commas. The source
   * itself would take {@code Orders} for {@code orders}, which are two tables.
   */
  static String tablePattern(String database, TableSpec table) {
    return "(?-i)%s\\.(.*\\x2C)?%s(\\x2C.*)?"
        .formatted(Pattern.quote(database), Pattern.quote(table.table()));
  }

  private static Properties jdbcProperties() {
    Properties properties = new Properties();
    // The connector asks for SHOW MASTER STATUS, which MySQL 8.4 and later do not know.
    properties.setProperty("queryInterceptors", BinaryLogStatusInterceptor.class.getName());
    properties.setProperty("allowPublicKeyRetrieval", "true");
    properties.setProperty("yearIsDateType", "false");
    properties.setProperty("sessionVariables", SourceConnection.FRESH_STATISTICS);
    return properties;
  }

  private static Properties debeziumProperties(
      CaptureOptions options, Map<String, SourceFacts.Table> tables) {
    Properties properties = new Properties();
    properties.setProperty("poll.interval.ms", String.valueOf(options.pollInterval().toMillis()));
    properties.setProperty("max.batch.size", String.valueOf(BATCH));
    properties.setProperty(
        "max.queue.size", String.valueOf(Math.max(2 * BATCH, rowsInMemory(tables.values()))));
    // A MySQL that is gone without a word is noticed after this time, or twice as long. Nothing
    // comes twice if it was only held up, see Repeats.
    properties.setProperty("connect.keep.alive.interval.ms", String.valueOf(SILENCE.toMillis()));
    // DECIMAL as text: exact, and never mixed up with BIGINT UNSIGNED.
    properties.setProperty("decimal.handling.mode", "string");
    properties.setProperty("bigint.unsigned.handling.mode", "precise");
    properties.setProperty("time.precision.mode", "adaptive_time_microseconds");
    properties.setProperty("binary.handling.mode", "bytes");
    properties.setProperty("converters", "zeroDates,jsonText");
    properties.setProperty("zeroDates.type", ZeroDates.class.getName());
    properties.setProperty("jsonText.type", JsonText.class.getName());
    // Otherwise the year 24 would become 2024.
    properties.setProperty("enable.time.adjuster", "false");
    properties.setProperty("tombstones.on.delete", "false");
    // A statement that cannot be read might have changed a captured table: stop rather than guess.
    properties.setProperty("database.history.skip.unparseable.ddl", "false");
    properties.setProperty(DatabaseHistory.DDL_FILTER.name(), HARMLESS_STATEMENTS);
    properties.setProperty("database.history", TableDefinitions.class.getName());
    tables.forEach(
        (name, table) ->
            properties.setProperty(
                "%s%s.%s".formatted(TableDefinitions.DEFINITION, options.database(), name),
                table.definition()));
    return properties;
  }
}

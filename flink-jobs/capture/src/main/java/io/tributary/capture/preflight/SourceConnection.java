package io.tributary.capture.preflight;

import com.mysql.cj.jdbc.Driver;
import io.tributary.capture.CaptureOptions;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.common.TableSpec;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Asks the source what must be known before the job starts. Used where the job is submitted. */
public final class SourceConnection implements AutoCloseable {
  /**
   * A session variable, and its value, without which MySQL tells what a table's size was up to a
   * day ago.
   */
  public static final String FRESH_STATISTICS = "information_schema_stats_expiry=0";

  private static final String TIMEOUT_MILLIS = "10000";
  private static final Duration READER_WAIT = Duration.ofSeconds(60);
  private static final Duration BEAT_WAIT = Duration.ofSeconds(30);
  private static final int USER_COLUMN = 2;
  private static final int COMMAND_COLUMN = 5;
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final Connection connection;
  private final CaptureOptions options;

  private SourceConnection(Connection connection, CaptureOptions options) {
    this.connection = connection;
    this.options = options;
  }

  /**
   * Connects as the capture user.
   *
   * @throws IllegalStateException if the server does not answer or refuses the user
   */
  public static SourceConnection open(CaptureOptions options, String password) {
    Properties properties = new Properties();
    properties.setProperty("user", options.mysqlUser());
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", TIMEOUT_MILLIS);
    properties.setProperty("socketTimeout", TIMEOUT_MILLIS);
    properties.setProperty("allowPublicKeyRetrieval", "true");
    properties.setProperty("sessionVariables", FRESH_STATISTICS);
    String url = "jdbc:mysql://%s:%d/".formatted(options.mysqlHost(), options.mysqlPort());
    try {
      // Not through DriverManager: it asks every driver of the cluster.
      return new SourceConnection(new Driver().connect(url, properties), options);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "Cannot connect to MySQL at %s:%d as user %s: %s. Check host, port, user and the password file %s."
              .formatted(
                  options.mysqlHost(),
                  options.mysqlPort(),
                  options.mysqlUser(),
                  e.getMessage(),
                  options.mysqlPasswordFile()),
          e);
    }
  }

  /**
   * Gathers the facts, again and again while somebody reads the binlog in our place: the server
   * notices only at its next event that the job which was stopped a moment ago has gone.
   */
  public SourceFacts factsOnceFree() throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + READER_WAIT.toNanos();
    SourceFacts facts = facts();
    while (Preflight.isPlaceTaken(facts, options) && System.nanoTime() < deadline) {
      Thread.sleep(PAUSE.toMillis());
      facts = facts();
    }
    return facts;
  }

  /**
   * Waits until a snapshot shows all that stands in the binlog now. A transaction is in the binlog
   * before it is committed, which takes a large one seconds; and they are committed in the binlog's
   * order, so a heartbeat that was written later shows that those before it are.
   *
   * @throws IllegalStateException if there is no heartbeat
   */
  public void awaitHeartbeat() throws SQLException, InterruptedException {
    String now = rows("SELECT UTC_TIMESTAMP(6)", 1).get(0).get(0);
    String laterBeat =
        "SELECT 1 FROM %s WHERE %s > ? LIMIT 1"
            .formatted(qualified(options.heartbeats()), Beat.BEATEN_AT);
    long deadline = System.nanoTime() + BEAT_WAIT.toNanos();
    while (rows(laterBeat, 1, now).isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "MySQL at %s:%d has written no row into %s for %d s: see that event_scheduler is ON and that the event that writes them is ENABLED (SHOW EVENTS)"
                .formatted(
                    options.mysqlHost(),
                    options.mysqlPort(),
                    options.heartbeats(),
                    BEAT_WAIT.toSeconds()));
      }
      Thread.sleep(PAUSE.toMillis());
    }
  }

  /** Gathers the facts that {@link Preflight} judges. */
  public SourceFacts facts() throws SQLException {
    // First of all: whatever was written before it is to be part of the snapshot.
    Optional<BinlogEnd> binlogEnd = binlogEnd();
    Map<String, SourceFacts.Table> tables = new LinkedHashMap<>();
    Set<String> unreadable = new LinkedHashSet<>();
    for (TableSpec spec : options.tables()) {
      Map<String, String> columnTypes = columnTypes(spec.table());
      if (!columnTypes.isEmpty()) {
        boolean readable = isAllowed("SELECT 1 FROM " + qualified(spec.table()) + " LIMIT 0");
        if (!readable) {
          unreadable.add(spec.table());
        }
        String definition = readable ? definition(spec.table()) : "";
        tables.put(
            spec.table(),
            new SourceFacts.Table(
                primaryKey(spec.table()),
                columnTypes,
                invisibleColumns(spec.table()),
                definition,
                size(spec.table())));
      }
    }
    boolean beatsAreThere =
        tables.containsKey(options.heartbeats()) && !unreadable.contains(options.heartbeats());
    Map<Long, Instant> beats = beatsAreThere ? beats() : Map.of();
    return new SourceFacts(
        connection.getMetaData().getDatabaseProductVersion(),
        variables(),
        utcOffsetSeconds(),
        binlogEnd,
        replicaIds(),
        binlogReaders(),
        tables,
        unreadable,
        cascades(),
        beats);
  }

  /**
   * Where the next change will be written. MySQL 8.2 renamed the question and 8.4 dropped the old
   * name.
   */
  private Optional<BinlogEnd> binlogEnd() {
    return readBinlogEnd("SHOW BINARY LOG STATUS").or(() -> readBinlogEnd("SHOW MASTER STATUS"));
  }

  private Optional<BinlogEnd> readBinlogEnd(String query) {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      return result.next()
          ? Optional.of(
              new BinlogEnd(result.getString(1), result.getLong(2), System.currentTimeMillis()))
          : Optional.empty();
    } catch (SQLException e) {
      return Optional.empty();
    }
  }

  private Optional<Set<Long>> replicaIds() {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SHOW REPLICAS")) {
      Set<Long> ids = new TreeSet<>();
      while (result.next()) {
        ids.add(result.getLong(1));
      }
      return Optional.of(ids);
    } catch (SQLException e) {
      return Optional.empty();
    }
  }

  /**
   * Without further rights a user sees its own connections only, which are the ones in question.
   */
  private int binlogReaders() throws SQLException {
    int readers = 0;
    for (List<String> row : rows("SHOW PROCESSLIST", COMMAND_COLUMN)) {
      boolean ours = options.mysqlUser().equals(row.get(USER_COLUMN - 1));
      if (ours && row.get(COMMAND_COLUMN - 1).startsWith("Binlog Dump")) {
        readers++;
      }
    }
    return readers;
  }

  private Map<String, String> variables() throws SQLException {
    Map<String, String> variables = new HashMap<>();
    for (List<String> row :
        rows(
            """
            SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', \
            'binlog_row_image', 'binlog_transaction_compression', 'binlog_row_value_options', \
            'gtid_mode', 'gtid_executed', 'server_id', 'innodb_native_foreign_keys', 'server_uuid', \
            'binlog_expire_logs_seconds', 'max_binlog_size', 'max_binlog_cache_size', \
            'sync_binlog', 'innodb_flush_log_at_trx_commit', 'binlog_order_commits', \
            'event_scheduler', 'lower_case_table_names')""",
            2)) {
      variables.put(row.get(0).toLowerCase(Locale.ROOT), row.get(1));
    }
    return variables;
  }

  /** Of a winter's and a summer's instant, not of now: a zone may be off for half of the year. */
  private long utcOffsetSeconds() throws SQLException {
    List<String> offsets =
        rows(
                """
                SELECT TIMESTAMPDIFF(SECOND, '2025-01-15 00:00:00', FROM_UNIXTIME(1736899200)),
                  TIMESTAMPDIFF(SECOND, '2025-07-15 00:00:00', FROM_UNIXTIME(1752537600))""",
                2)
            .get(0);
    long winter = Long.parseLong(offsets.get(0));
    return winter != 0 ? winter : Long.parseLong(offsets.get(1));
  }

  private Map<String, String> columnTypes(String table) throws SQLException {
    Map<String, String> types = new LinkedHashMap<>();
    for (List<String> row :
        rows(
            """
            SELECT column_name, IF(data_type IN ('enum', 'set') AND \
            (INSTR(column_type, '\\\\') OR INSTR(REPLACE(column_type, ''',''', ''), ',')), \
            CONCAT(data_type, ' with a comma or a backslash in a member'), data_type) \
            FROM information_schema.columns
            WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position""",
            2,
            options.database(),
            table)) {
      types.put(row.get(0), row.get(1).toLowerCase(Locale.ROOT));
    }
    return types;
  }

  private Set<String> invisibleColumns(String table) throws SQLException {
    return rows(
            """
            SELECT column_name FROM information_schema.columns
            WHERE table_schema = ? AND table_name = ? AND extra LIKE '%INVISIBLE%'""",
            1, options.database(), table)
        .stream()
        .map(row -> row.get(0))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private String definition(String table) throws SQLException {
    return rows("SHOW CREATE TABLE " + qualified(table), 2).get(0).get(1);
  }

  private SourceFacts.Size size(String table) throws SQLException {
    List<String> size =
        rows(
                """
                SELECT COALESCE(data_length, 0), COALESCE(avg_row_length, 0)
                FROM information_schema.tables WHERE table_schema = ? AND table_name = ?""",
                2,
                options.database(),
                table)
            .get(0);
    return new SourceFacts.Size(Long.parseLong(size.get(0)), Long.parseLong(size.get(1)));
  }

  private List<String> primaryKey(String table) throws SQLException {
    return rows(
            """
            SELECT column_name FROM information_schema.statistics
            WHERE table_schema = ? AND table_name = ? AND index_name = 'PRIMARY'
            ORDER BY seq_in_index""",
            1,
            options.database(),
            table)
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  private List<SourceFacts.Cascade> cascades() throws SQLException {
    Set<String> wanted = new LinkedHashSet<>();
    options.tables().forEach(spec -> wanted.add(spec.table()));
    List<SourceFacts.Cascade> cascades = new ArrayList<>();
    for (List<String> row :
        rows(
            """
            SELECT table_name, constraint_name, update_rule, delete_rule
            FROM information_schema.referential_constraints WHERE constraint_schema = ?""",
            4,
            options.database())) {
      if (wanted.contains(row.get(0))) {
        addCascade(cascades, row, "ON UPDATE " + row.get(2));
        addCascade(cascades, row, "ON DELETE " + row.get(3));
      }
    }
    return cascades;
  }

  private Map<Long, Instant> beats() throws SQLException {
    return rows(
            """
            SELECT %s, DATE_FORMAT(%s, '%%Y-%%m-%%dT%%H:%%i:%%s.%%fZ') FROM %s"""
                .formatted(Beat.NUMBER, Beat.BEATEN_AT, qualified(options.heartbeats())),
            2)
        .stream()
        .collect(
            Collectors.toMap(row -> Long.valueOf(row.get(0)), row -> Instant.parse(row.get(1))));
  }

  private static void addCascade(
      List<SourceFacts.Cascade> cascades, List<String> row, String rule) {
    if (!rule.endsWith("RESTRICT") && !rule.endsWith("NO ACTION")) {
      cascades.add(new SourceFacts.Cascade(row.get(0), row.get(1), rule));
    }
  }

  private List<List<String>> rows(String query, int columns, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet result = statement.executeQuery()) {
        List<List<String>> rows = new ArrayList<>();
        while (result.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= columns; i++) {
            row.add(result.getString(i));
          }
          rows.add(row);
        }
        return rows;
      }
    }
  }

  /** Tries a query: the surest way to learn what grants, roles and wildcards add up to. */
  private boolean isAllowed(String query) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(query);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private String qualified(String table) {
    return quoted(options.database()) + "." + quoted(table);
  }

  private static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}

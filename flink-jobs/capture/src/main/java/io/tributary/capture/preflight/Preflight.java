package io.tributary.capture.preflight;

import io.tributary.capture.CaptureOptions;
import io.tributary.common.TableSpec;
import io.tributary.mysql.FirstTransactions;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What must hold in the source before capture may start. Pure: judges facts, asks nothing. */
public final class Preflight {
  /** Column types that capture writes; see {@code ColumnWriters}. */
  private static final Set<String> WRITABLE_TYPES =
      Set.of(
          "tinyint",
          "smallint",
          "mediumint",
          "int",
          "bigint",
          "decimal",
          "float",
          "double",
          "bit",
          "char",
          "varchar",
          "tinytext",
          "text",
          "mediumtext",
          "longtext",
          "binary",
          "varbinary",
          "tinyblob",
          "blob",
          "mediumblob",
          "longblob",
          "date",
          "datetime",
          "timestamp",
          "time",
          "year",
          "enum",
          "set",
          "json");

  /** From this version on, rows changed by a foreign key's rule are in the binlog. */
  private static final int[] CASCADES_IN_BINLOG_SINCE = {9, 6};

  /** Places in a file are counted in 32 bits; see {@code Version}. */
  private static final BigInteger LARGEST_BINLOG_FILE = BigInteger.ONE.shiftLeft(32);

  /**
   * Transactions are never split, and those that are committed at once go into one file, on top of
   * its size. So many of the largest have to fit; {@code Version} stops capture where more do not.
   */
  private static final int LARGE_TRANSACTIONS_AT_ONCE = 3;

  /** In a set of GTIDs; all else behind a colon are numbers. */
  private static final Pattern TAG = Pattern.compile(":\\s*[A-Za-z_]");

  private final SourceFacts facts;
  private final CaptureOptions options;
  private final List<String> problems = new ArrayList<>();

  private Preflight(SourceFacts facts, CaptureOptions options) {
    this.facts = facts;
    this.options = options;
  }

  /**
   * Refuses a source that capture could not follow without loss.
   *
   * @throws IllegalStateException naming every problem and its remedy
   */
  public static void requireFit(SourceFacts facts, CaptureOptions options) {
    List<String> problems = problems(facts, options);
    if (!problems.isEmpty()) {
      throw new IllegalStateException(
          "MySQL at %s:%d is not ready for capture:\n  - %s"
              .formatted(
                  options.mysqlHost(), options.mysqlPort(), String.join("\n  - ", problems)));
    }
  }

  /** Every problem with its remedy; empty if all is well. */
  static List<String> problems(SourceFacts facts, CaptureOptions options) {
    Preflight preflight = new Preflight(facts, options);
    preflight.checkServer();
    preflight.checkDurability();
    preflight.checkBinlogSizes();
    preflight.checkServerIds();
    preflight.checkUser();
    options.tables().forEach(preflight::checkTable);
    preflight.checkCascades();
    return preflight.problems;
  }

  private void checkServer() {
    requireVariable("log_bin", "ON", "start MySQL with --log-bin");
    requireVariable("binlog_format", "ROW", "set binlog_format=ROW");
    requireVariable("binlog_row_image", "FULL", "set binlog_row_image=FULL");
    requireVariable(
        "binlog_transaction_compression", "OFF", "set binlog_transaction_compression=OFF");
    requireVariable(
        "binlog_row_value_options", "", "set binlog_row_value_options='' (no partial JSON)");
    requireVariable("gtid_mode", "ON", "set gtid_mode=ON and enforce_gtid_consistency=ON");
    requireReadableTransactions();
    if (facts.utcOffsetSeconds() != 0) {
      problems.add(
          "the server's time zone is %d s off UTC: set default_time_zone='+00:00'"
              .formatted(facts.utcOffsetSeconds()));
    }
    requireVariable(
        "lower_case_table_names",
        "0",
        "set up a server with lower_case_table_names=0, for statements name tables as they were typed");
    requireVariable(
        "event_scheduler", "ON", "set event_scheduler=ON, for it writes the heartbeats");
  }

  /** The connector is older than tags, and see {@link FirstTransactions}. */
  private void requireReadableTransactions() {
    String executed = facts.variables().getOrDefault("gtid_executed", "");
    if (TAG.matcher(executed).find()) {
      problems.add(
          "gtid_executed is '%s', and transactions with a tag cannot be read: let no session set one in gtid_next, RESET BINARY LOGS AND GTIDS, restart MySQL, which remembers tags until then, reset once more, and raise the setting `epoch` by one"
              .formatted(executed));
      return;
    }
    FirstTransactions.in(executed)
        .forEach(
            (server, first) -> {
              if (first > FirstTransactions.NUMBER) {
                problems.add(
                    "gtid_executed is '%s', with transactions of server %s from number %d on, so that earlier ones, should they come, would be passed over: make them, empty (SET gtid_next = '…'; BEGIN; COMMIT), from 1 on, or RESET BINARY LOGS AND GTIDS and raise the setting `epoch` by one"
                        .formatted(executed, server, first));
              }
            });
  }

  /** What the source says is committed must still be there after a loss of power. */
  private void checkDurability() {
    requireVariable("sync_binlog", "1", "set sync_binlog=1");
    requireVariable("innodb_flush_log_at_trx_commit", "1", "set innodb_flush_log_at_trx_commit=1");
    requireVariable("binlog_order_commits", "ON", "set binlog_order_commits=ON");
  }

  private void checkBinlogSizes() {
    number("binlog_expire_logs_seconds")
        // Zero keeps everything.
        .filter(seconds -> seconds.signum() > 0)
        .filter(seconds -> seconds.longValueExact() < options.binlogRetention().toSeconds())
        .ifPresent(
            seconds ->
                problems.add(
                    "binlog_expire_logs_seconds is %s, less than the %d s that capture may be away: set it to that, or lower binlogRetention"
                        .formatted(seconds, options.binlogRetention().toSeconds())));
    Optional<BigInteger> file = number("max_binlog_size");
    Optional<BigInteger> transaction = number("max_binlog_cache_size");
    if (file.isPresent() && transaction.isPresent()) {
      BigInteger allowed =
          LARGEST_BINLOG_FILE
              .subtract(file.get())
              .divide(BigInteger.valueOf(LARGE_TRANSACTIONS_AT_ONCE));
      if (transaction.get().compareTo(allowed) > 0) {
        problems.add(
            "max_binlog_cache_size is %s, so that %d transactions committed at once could make a binlog file of more than 4 GiB, beyond what a version can count: set max_binlog_cache_size=%s"
                .formatted(transaction.get(), LARGE_TRANSACTIONS_AT_ONCE, allowed));
      }
    }
  }

  private Optional<BigInteger> number(String variable) {
    return Optional.ofNullable(facts.variables().get(variable)).map(BigInteger::new);
  }

  private void checkServerIds() {
    String own = facts.variables().get("server_id");
    if (own != null && options.serverIds().contains(Long.parseLong(own))) {
      problems.add(
          "the server's own server_id %s is in --server-id %s: choose a range without it"
              .formatted(own, options.serverIds()));
    }
    List<Long> taken = takenServerIds(facts, options);
    if (!taken.isEmpty()) {
      problems.add(
          "server id %s of --server-id %s is used by a running replica: stop that replica (another capture job?), or choose a range without it"
              .formatted(taken, options.serverIds()));
    }
    if (facts.binlogReaders() > 0) {
      problems.add(
          "user %s reads the binlog already (SHOW PROCESSLIST): another capture job runs, and both would write the same changes: cancel it first"
              .formatted(options.mysqlUser()));
    }
  }

  /** Whether somebody reads the binlog in our place. */
  static boolean isPlaceTaken(SourceFacts facts, CaptureOptions options) {
    return facts.binlogReaders() > 0 || !takenServerIds(facts, options).isEmpty();
  }

  /** Those of our server ids under which somebody reads the binlog now. */
  private static List<Long> takenServerIds(SourceFacts facts, CaptureOptions options) {
    return facts.replicaIds().orElse(Set.of()).stream()
        .filter(options.serverIds()::contains)
        .sorted()
        .toList();
  }

  /** A variable that this version of the server does not have is not asked for. */
  private void requireVariable(String name, String wanted, String remedy) {
    String value = facts.variables().get(name);
    if (value != null && !value.equalsIgnoreCase(wanted)) {
      problems.add("%s is '%s', not '%s': %s".formatted(name, value, wanted, remedy));
    }
  }

  private void checkUser() {
    if (facts.binlogEnd().isEmpty()) {
      problems.add(
          "user %s may not ask for the end of the binlog, or there is none: GRANT REPLICATION CLIENT ON *.*"
              .formatted(options.mysqlUser()));
    }
    if (facts.replicaIds().isEmpty()) {
      problems.add(
          "user %s may not read the binlog: GRANT REPLICATION SLAVE ON *.*"
              .formatted(options.mysqlUser()));
    }
  }

  private void checkTable(TableSpec spec) {
    String name = options.database() + "." + spec.table();
    SourceFacts.Table table = facts.tables().get(spec.table());
    if (table == null) {
      problems.add(
          "table %s does not exist, or user %s may not see it: run the migrations, GRANT SELECT"
              .formatted(name, options.mysqlUser()));
      return;
    }
    if (facts.unreadableTables().contains(spec.table())) {
      problems.add(
          "user %s may not read table %s: GRANT SELECT".formatted(options.mysqlUser(), name));
    }
    if (!table.key().equals(spec.key())) {
      problems.add(
          "table %s has the primary key %s, not %s: correct its table spec or the table"
              .formatted(name, table.key(), spec.key()));
    }
    for (String column : new TreeSet<>(table.columnTypes().keySet())) {
      String type = table.columnTypes().get(column);
      if (!WRITABLE_TYPES.contains(type)) {
        problems.add(
            "column %s of table %s has type %s, which capture cannot write: change its type or leave the table out"
                .formatted(column, name, type));
      }
    }
    checkInvisible(name, table);
  }

  /** The snapshot would not have them, and the binlog would. */
  private void checkInvisible(String name, SourceFacts.Table table) {
    for (String column : new TreeSet<>(table.invisibleColumns())) {
      problems.add(
          "column %s of table %s is INVISIBLE, so that a snapshot leaves it out: make it VISIBLE, or leave the table out"
              .formatted(column, name));
    }
  }

  private void checkCascades() {
    boolean inBinlog =
        isAtLeast(facts.version(), CASCADES_IN_BINLOG_SINCE)
            && !"ON".equalsIgnoreCase(facts.variables().get("innodb_native_foreign_keys"));
    if (!inBinlog) {
      for (SourceFacts.Cascade cascade : facts.cascades()) {
        problems.add(
            "foreign key %s changes rows of table %s without a trace in the binlog (%s): make it RESTRICT, or use MySQL 9.6 or later with innodb_native_foreign_keys=OFF"
                .formatted(cascade.constraint(), cascade.table(), cascade.rule()));
      }
    }
  }

  private static boolean isAtLeast(String version, int[] wanted) {
    String[] parts = version.split("[^0-9]+");
    for (int i = 0; i < wanted.length; i++) {
      int part = i < parts.length && !parts[i].isEmpty() ? Integer.parseInt(parts[i]) : 0;
      if (part != wanted[i]) {
        return part > wanted[i];
      }
    }
    return true;
  }
}

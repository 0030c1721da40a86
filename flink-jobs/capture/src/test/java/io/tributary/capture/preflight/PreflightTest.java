package io.tributary.capture.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.CaptureOptions;
import io.tributary.capture.TestOptions;
import io.tributary.capture.preflight.SourceFacts.Cascade;
import io.tributary.capture.preflight.SourceFacts.Table;
import io.tributary.capture.records.BinlogEnd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreflightTest {
  private static final CaptureOptions OPTIONS = TestOptions.parse();
  private static final SourceFacts.Size SIZE = new SourceFacts.Size(0, 0);

  private static final Table ORDERS =
      new Table(
          List.of("order_id"),
          Map.of("order_id", "bigint", "total_price", "decimal"),
          Set.of(),
          "CREATE TABLE …",
          SIZE);
  private static final Table HEARTBEATS =
      new Table(
          List.of("slot"),
          Map.of("slot", "smallint", "server_uuid", "char"),
          Set.of(),
          "CREATE TABLE …",
          SIZE);
  private static final Cascade CASCADE = new Cascade("orders", "orders_user", "ON DELETE CASCADE");

  @Test
  void aFitSourcePasses() {
    assertThatCode(() -> Preflight.requireFit(new Facts().build(), OPTIONS))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "log_bin, OFF, --log-bin",
    "binlog_format, MIXED, binlog_format=ROW",
    "binlog_row_image, MINIMAL, binlog_row_image=FULL",
    "binlog_transaction_compression, ON, binlog_transaction_compression=OFF",
    "binlog_row_value_options, PARTIAL_JSON, binlog_row_value_options=''",
    "gtid_mode, OFF, gtid_mode=ON",
    "gtid_executed, 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:tagged:1-2, RESET BINARY LOGS AND GTIDS",
    "gtid_executed, 3e11fa47-71ca-11e1-9e33-c80aa9429562:500, from number 500 on",
    "server_id, 5401, choose a range without it",
    "event_scheduler, OFF, event_scheduler=ON",
    "lower_case_table_names, 1, lower_case_table_names=0",
    "sync_binlog, 0, sync_binlog=1",
    "innodb_flush_log_at_trx_commit, 2, innodb_flush_log_at_trx_commit=1",
    "binlog_order_commits, OFF, binlog_order_commits=ON",
    "binlog_expire_logs_seconds, 604799, set it to that",
    "max_binlog_cache_size, 18446744073709547520, max_binlog_cache_size=1073741824",
    "max_binlog_cache_size, 1073741825, max_binlog_cache_size=1073741824",
  })
  void aSettingThatLosesChangesIsNamedWithItsRemedy(String name, String value, String remedy) {
    assertThat(problems(new Facts().variable(name, value)))
        .singleElement()
        .asString()
        .contains(name, value, remedy);
  }

  @ParameterizedTest
  @CsvSource({
    "binlog_expire_logs_seconds, 0",
    "binlog_expire_logs_seconds, 604800",
    "gtid_executed, 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7",
    "max_binlog_cache_size, 1073741824",
  })
  void aSizeOrTimeThatIsJustEnoughPasses(String name, String value) {
    assertThat(problems(new Facts().variable(name, value))).isEmpty();
  }

  @Test
  void aRunningReplicaUnderOneOfOurServerIdsIsNamed() {
    Facts facts = new Facts();
    facts.replicaIds = Optional.of(Set.of(7L, 5402L));
    assertThat(problems(facts))
        .singleElement()
        .asString()
        .contains("[5402]", "5400-5403", "stop that replica");
  }

  @Test
  void anotherReaderUnderOurUserIsNamed() {
    Facts facts = new Facts();
    facts.binlogReaders = 1;
    assertThat(problems(facts)).singleElement().asString().contains("capture", "cancel it first");
  }

  @Test
  void aSettingThatTheServerDoesNotHaveIsNotAskedFor() {
    assertThat(problems(new Facts().variable("binlog_transaction_compression", null))).isEmpty();
  }

  @Test
  void aServerOutsideUtcIsNamed() {
    assertThat(problems(new Facts().utcOffset(32_400)))
        .singleElement()
        .asString()
        .contains("32400", "default_time_zone='+00:00'");
  }

  @Test
  void missingGrantsAreNamed() {
    Facts facts = new Facts();
    facts.binlogEnd = Optional.empty();
    facts.replicaIds = Optional.empty();
    facts.unreadable = Set.of("orders");
    assertThat(problems(facts))
        .hasSize(3)
        .anyMatch(problem -> problem.contains("REPLICATION CLIENT"))
        .anyMatch(problem -> problem.contains("REPLICATION SLAVE"))
        .anyMatch(problem -> problem.contains("GRANT SELECT"));
  }

  @Test
  void aMissingTableIsNamed() {
    Facts facts = new Facts();
    facts.tables = Map.of("heartbeats", HEARTBEATS);
    assertThat(problems(facts))
        .singleElement()
        .asString()
        .contains("platform.orders", "migrations");
  }

  @Test
  void anotherPrimaryKeyIsNamed() {
    Facts facts = new Facts();
    facts.tables =
        tables(new Table(List.of(), ORDERS.columnTypes(), Set.of(), "CREATE TABLE …", SIZE));
    assertThat(problems(facts)).singleElement().asString().contains("[]", "[order_id]");
  }

  @Test
  void aColumnThatCannotBeWrittenIsNamed() {
    Facts facts = new Facts();
    facts.tables =
        tables(
            new Table(
                ORDERS.key(),
                Map.of("order_id", "bigint", "at", "point"),
                Set.of(),
                "CREATE TABLE …",
                SIZE));
    assertThat(problems(facts)).singleElement().asString().contains("column at", "point");
  }

  @Test
  void aColumnThatASnapshotLeavesOutIsNamed() {
    Facts facts = new Facts();
    facts.tables =
        tables(
            new Table(ORDERS.key(), ORDERS.columnTypes(), Set.of("note"), "CREATE TABLE …", SIZE));
    assertThat(problems(facts)).singleElement().asString().contains("column note", "INVISIBLE");
  }

  @ParameterizedTest
  @CsvSource({
    "8.0.41, , 1",
    "9.5.0, , 1",
    "9.6.0, OFF, 0",
    "9.7.4-2, OFF, 0",
    "10.0.0, , 0",
    "9.7.4, ON, 1",
  })
  void aCascadeIsRefusedWhereTheBinlogDoesNotShowIt(String version, String nativeKeys, int count) {
    Facts facts = new Facts().variable("innodb_native_foreign_keys", nativeKeys);
    facts.version = version;
    facts.cascades = List.of(CASCADE);
    assertThat(problems(facts)).hasSize(count).allMatch(it -> it.contains("orders_user"));
  }

  @Test
  void oneMessageHasEverything() {
    Facts facts = new Facts().variable("binlog_format", "MIXED");
    facts.tables = Map.of();
    assertThatThrownBy(() -> Preflight.requireFit(facts.build(), OPTIONS))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("MySQL at mysql:3306")
        .hasMessageContaining("binlog_format")
        .hasMessageContaining("platform.orders");
  }

  private static Map<String, Table> tables(Table orders) {
    return Map.of("orders", orders, "heartbeats", HEARTBEATS);
  }

  private static List<String> problems(Facts facts) {
    return Preflight.problems(facts.build(), OPTIONS);
  }

  /** A source that fits, until a test says otherwise. */
  private static final class Facts {
    private String version = "9.7.4";
    private final Map<String, String> variables =
        new HashMap<>(
            Map.of(
                "log_bin", "ON",
                "binlog_format", "ROW",
                "binlog_row_image", "FULL",
                "binlog_transaction_compression", "OFF",
                "binlog_row_value_options", "",
                "gtid_mode", "ON",
                "server_id", "1",
                "event_scheduler", "ON",
                "max_binlog_size", "1073741824"));
    private long utcOffsetSeconds;
    private Optional<BinlogEnd> binlogEnd = Optional.of(new BinlogEnd("binlog.000001", 4, 0));
    private int binlogReaders;
    private Optional<Set<Long>> replicaIds = Optional.of(Set.of());
    private Map<String, Table> tables = tables(ORDERS);
    private Set<String> unreadable = Set.of();
    private List<Cascade> cascades = List.of();

    /** Null takes the variable away. */
    Facts variable(String name, String value) {
      variables.put(name, value);
      variables.values().removeIf(Objects::isNull);
      return this;
    }

    Facts utcOffset(long seconds) {
      utcOffsetSeconds = seconds;
      return this;
    }

    SourceFacts build() {
      return new SourceFacts(
          version,
          variables,
          utcOffsetSeconds,
          binlogEnd,
          replicaIds,
          binlogReaders,
          tables,
          unreadable,
          cascades,
          Map.of());
    }
  }
}

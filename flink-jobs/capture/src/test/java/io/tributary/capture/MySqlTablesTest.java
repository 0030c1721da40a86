package io.tributary.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.relational.Column;
import io.debezium.relational.CustomConverterRegistry;
import io.debezium.relational.TableId;
import io.tributary.capture.functions.ChangeEventDeserializer;
import io.tributary.capture.functions.SameServer;
import io.tributary.capture.preflight.SourceFacts;
import io.tributary.capture.records.BinlogEnd;
import io.tributary.common.TableSpec;
import io.tributary.mysql.TableDefinitions;
import java.sql.Types;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfig;
import org.apache.flink.cdc.connectors.mysql.table.StartupMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MySqlTablesTest {
  private static final TableSpec ORDERS =
      new TableSpec("orders", List.of("order_id"), "t", "d", "r", null);

  private static final String DEFINITION = "CREATE TABLE orders (order_id bigint PRIMARY KEY)";

  /**
   * Flink CDC 3.5 drops rows where a reader goes on in the middle of an event and filters by its
   * own starting place (FLINK-38531): it does so when it starts without a snapshot, and when tables
   * are added to a running job. After a snapshot it filters by the ends of the snapshot's parts,
   * and those are ends of transactions: every change in a transaction comes after them, whatever
   * row it is. Until the connector is replaced, neither may happen.
   */
  @Test
  void theSourceNeverFiltersByThePlaceWhereItWentOn() {
    MySqlSourceConfig config = config();
    assertThat(config.getStartupOptions().startupMode).isEqualTo(StartupMode.INITIAL);
    assertThat(config.isScanNewlyAddedTableEnabled()).isFalse();
    // Its heartbeat within a transaction goes back to the start of the event before it.
    assertThat(config.getDbzProperties().getProperty("heartbeat.interval.ms")).isEqualTo("0");
  }

  /** Otherwise the changes of a table that was added to a running job would be passed over. */
  @Test
  void theSourceIsToldTheDefinitionOfEveryTable() {
    MySqlSourceConfig config = config();
    assertThat(config.getDbzProperties())
        .containsEntry("database.history", TableDefinitions.class.getName())
        .containsEntry("database.history.definition.platform.orders", DEFINITION);
  }

  /**
   * Otherwise a zero date in a column that is NOT NULL would be the first of January 1970, and JSON
   * another text than MySQL's.
   */
  @ParameterizedTest
  @ValueSource(strings = {"DATE", "JSON"})
  void theSourceConvertsWhatItWouldMisread(String type) {
    Column column =
        Column.editor().name("c").type(type).jdbcType(Types.DATE).optional(false).create();
    CustomConverterRegistry converters =
        config().getMySqlConnectorConfig().customConverterRegistry();
    assertThat(converters.registerConverterFor(TableId.parse("platform.orders"), column, null))
        .isPresent();
  }

  /** Otherwise nobody would hear of a table that was moved to another database. */
  @Test
  void theSourceLooksAtAllDatabasesAndReadsOurTables() {
    MySqlSourceConfig config = config();
    assertThat(config.getDatabaseFilter()).accepts("platform", "archive");
    assertThat(config.getTableFilter())
        .accepts(TableId.parse("platform.orders"), TableId.parse("platform.heartbeats"))
        .rejects(
            TableId.parse("archive.orders"),
            TableId.parse("platform.order_items"),
            TableId.parse("platform.Orders"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create view v\nas select 1",
        "CREATE DEFINER=`root`@`localhost` PROCEDURE p()\nBEGIN\n  TRUNCATE orders;\nEND",
        "CREATE DEFINER=`root`@`%`\n  EVENT e ON SCHEDULE EVERY 1 SECOND\n  DO SELECT 1",
        "ALTER EVENT e\r\n  DISABLE",
        "GRANT SELECT\n  ON platform.*\n  TO reader",
        "DROP TEMPORARY TABLE IF EXISTS\n orders",
        "CREATE TABLE IF NOT EXISTS orders LIKE order_items",
        "CREATE TABLE /* v1 */ IF NOT EXISTS orders LIKE order_items",
        "/* v1 */ CREATE /* a * b */ TABLE\n-- if it is not there\nIF NOT EXISTS orders LIKE order_items",
        "CREATE TABLE /*!32312 IF NOT EXISTS*/ orders LIKE order_items",
        "create table if not exists `platform`.`orders` (\n  id bigint PRIMARY KEY)",
      })
  void statementsThatChangeNoTableAreNotRead(String statement) {
    assertThat(config().getMySqlConnectorConfig().getDdlFilter()).accepts(statement);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TRUNCATE\n orders",
        "ALTER TABLE orders\n COMMENT 'grant'",
        "DROP TABLE orders",
        "CREATE TABLE v AS\n SELECT 1",
        "RENAME TABLE orders TO view",
      })
  void statementsAboutTablesAreRead(String statement) {
    assertThat(config().getMySqlConnectorConfig().getDdlFilter()).rejects(statement);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 8192",
    "1000000000, 150, 8192",
    "16777216, 16384, 8192",
    "16777217, 16384, 1024",
    "20000000000, 1000000, 16",
    "20000000000, 4000000, 16",
  })
  void fewerRowsAreHeldOfATableThatIsLargeAndWide(long bytes, long bytesPerRow, int rows) {
    List<SourceFacts.Table> tables = List.of(table(1_000_000_000, 150), table(bytes, bytesPerRow));
    assertThat(MySqlTables.rowsInMemory(tables)).isEqualTo(rows);
    assertThat(MySqlTables.rowsInMemory(List.of())).isEqualTo(8_192);
  }

  private static SourceFacts.Table table(long bytes, long bytesPerRow) {
    return new SourceFacts.Table(
        List.of("order_id"),
        Map.of(),
        Set.of(),
        DEFINITION,
        new SourceFacts.Size(bytes, bytesPerRow));
  }

  private static MySqlSourceConfig config() {
    CaptureOptions options = TestOptions.parse();
    return MySqlTables.source(
            options,
            "secret",
            Map.of("orders", table(0, 0)),
            new ChangeEventDeserializer(
                options.tables(),
                new BinlogEnd("binlog.000001", 4, 0),
                new SameServer("heartbeats", "uuid", 0)))
        .connector()
        .getConfigFactory()
        .createConfig(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "platform.orders; true",
        "platform.orders,orders_old; true",
        "platform.orders_new,orders; true",
        "platform.order_items; false",
        "platform.orders_old; false",
        "platform.my-orders; false",
        "other.orders; false",
        "platformXorders; false",
      })
  void aTablesPatternMatchesItAndListsWithIt(String name, boolean matches) {
    assertThat(name.matches(MySqlTables.tablePattern("platform", ORDERS))).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({"platform, orders", "pl.at$form, or-ders"})
  void aPatternHasNoCommaSinceTheSourceSplitsThere(String database, String table) {
    TableSpec spec = new TableSpec(table, List.of("id"), "t", "d", "r", null);
    assertThat(MySqlTables.tablePattern(database, spec)).doesNotContain(",");
  }
}

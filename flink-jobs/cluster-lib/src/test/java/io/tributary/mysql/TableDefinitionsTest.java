package io.tributary.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.config.Configuration;
import io.debezium.connector.mysql.antlr.MySqlAntlrDdlParser;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.debezium.relational.history.DatabaseHistoryListener;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.TableChanges;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableDefinitionsTest {
  private static final String ORDERS =
      "CREATE TABLE `orders` (`order_id` bigint NOT NULL, `note` text, PRIMARY KEY (`order_id`))";
  private static final String USERS =
      "CREATE TABLE `users` (`user_id` bigint NOT NULL AUTO_INCREMENT, `name` varchar(100) DEFAULT NULL, PRIMARY KEY (`user_id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";

  private final TableDefinitions definitions = new TableDefinitions();

  @BeforeEach
  void configure() {
    Configuration config =
        Configuration.create()
            .with(TableDefinitions.DEFINITION + "platform.orders", ORDERS)
            .with(TableDefinitions.DEFINITION + "platform.users", USERS)
            .build();
    definitions.configure(
        config, HistoryRecordComparator.INSTANCE, DatabaseHistoryListener.NOOP, true);
  }

  @Test
  void aTableThatTheSavedStateDoesNotKnowHasItsDefinition() {
    Tables tables = new Tables();
    Table known =
        Table.editor()
            .tableId(TableId.parse("platform.orders"))
            .addColumn(Column.editor().name("as_it_was").type("INT").create())
            .create();
    tables.overwriteTable(known);

    definitions.recover(Map.of(), tables, new MySqlAntlrDdlParser());

    assertThat(tables.forTable(TableId.parse("platform.orders"))).isEqualTo(known);
    Table users = tables.forTable(TableId.parse("platform.users"));
    assertThat(users.retrieveColumnNames()).containsExactly("user_id", "name");
    assertThat(users.primaryKeyColumnNames()).containsExactly("user_id");
  }

  /** Announced under the new name, which may be that of a table in another database. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "RENAME TABLE orders TO orders_old",
        "rename table `users` to users_old, orders_new to orders",
        "RENAME TABLE orders TO archive.orders_2026",
        "rename /* by year */ table\n`orders` to `archive`.`orders`",
        "ALTER TABLE platform.orders RENAME orders_old",
        "alter table orders add column note text,\n rename to orders_old",
      })
  void renamingACapturedTableStopsCapture(String ddl) {
    assertStops("platform", ddl, "changed captured table platform.");
  }

  @Test
  void aTableOfTheSameNameInAnotherDatabaseMayBeRenamed() {
    assertPasses("elsewhere", "RENAME TABLE orders TO orders_old");
    assertPasses("elsewhere", "RENAME TABLE orders TO archive.orders");
    assertStops("elsewhere", "RENAME TABLE platform.orders TO orders_old", "platform.orders");
    assertStops("elsewhere", "RENAME TABLE orders TO platform.orders", "platform.orders");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RENAME TABLE migrations TO migrations_old",
        "RENAME TABLE order_items TO orders_old",
        "ALTER TABLE orders RENAME COLUMN note TO remark",
        "ALTER TABLE orders RENAME INDEX a TO b",
        "ALTER TABLE orders ADD COLUMN note TEXT",
        "TRUNCATE orders",
      })
  void statementsThatAreAnnouncedAreTheGuardsToJudge(String ddl) {
    assertPasses("platform", ddl);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP DATABASE platform",
        "drop schema if exists `platform`",
        "DROP /* all of it */ DATABASE platform",
      })
  void droppingTheirDatabaseStopsCapture(String ddl) {
    assertStops("", ddl, "changed captured database platform");
    assertPasses("", ddl.replace("platform", "elsewhere"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/*!50000 TRUNCATE TABLE orders */",
        "/*! TRUNCATE */ /*!50000 orders */",
        "/*!40000 ALTER TABLE `orders` DISABLE KEYS */",
      })
  void whatStandsInACommentThatMySqlExecutesStopsCapture(String ddl) {
    assertStops("platform", ddl, "changed captured table platform.orders");
    assertPasses("elsewhere", ddl);
    assertPasses("platform", ddl.replace("orders", "order_items"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50001 VIEW v AS select * from orders */",
        "CREATE TABLE orders (order_id bigint PRIMARY KEY) /*!50100 PARTITION BY KEY (order_id) */",
        "/* TRUNCATE TABLE orders */ ANALYZE TABLE orders",
      })
  void whatIsCreatedIsNew(String ddl) {
    assertPasses("platform", ddl);
  }

  @Test
  void exchangingAPartitionForACapturedTableStopsCapture() {
    String ddl = "ALTER TABLE orders_by_year EXCHANGE PARTITION p2026 WITH TABLE ";
    assertStops("platform", ddl + "orders", "changed captured table platform.orders");
    assertPasses("platform", ddl + "order_items");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "REPLACE INTO orders VALUES (1, 'x')",
        "/* by the application */ REPLACE INTO orders VALUES (1, 'x')",
        "UPDATE\norders SET note = 'x'",
      })
  void rowsWrittenByAStatementStopCapture(String ddl) {
    assertStops("platform", ddl, "changed captured table platform.orders");
    assertPasses("platform", ddl.replace("orders", "order_items"));
  }

  private void assertStops(String database, String ddl, String what) {
    assertThatThrownBy(() -> execute(database, ddl))
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining(what)
        .hasMessageContaining("at binlog.000003:4")
        .hasMessageContaining("raise the setting `snapshot` by one");
  }

  private void assertPasses(String database, String ddl) {
    assertThatCode(() -> execute(database, ddl)).doesNotThrowAnyException();
  }

  /** As the source does with a statement that it meets in the binlog. */
  private void execute(String database, String ddl) {
    MySqlAntlrDdlParser parser = new MySqlAntlrDdlParser();
    Tables tables = new Tables();
    definitions.recover(Map.of(), tables, parser);
    parser.getDdlChanges().reset();
    parser.setCurrentSchema(database);
    parser.parse(ddl, tables);
    if (parser.getDdlChanges().isEmpty()) {
      record(database, ddl);
    } else {
      parser
          .getDdlChanges()
          .getEventsByDatabase(
              (name, events) -> events.forEach(event -> record(name, event.statement())));
    }
  }

  private void record(String database, String ddl) {
    definitions.record(
        Map.of(),
        Map.of("file", "binlog.000003", "pos", 4),
        database,
        null,
        ddl,
        new TableChanges());
  }
}

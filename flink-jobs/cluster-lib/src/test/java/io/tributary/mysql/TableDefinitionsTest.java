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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RENAME TABLE orders TO orders_old",
        "rename table `users` to users_old, orders_new to orders",
        "ALTER TABLE platform.orders RENAME orders_old",
        "alter table orders add column note text,\n rename to orders_old",
      })
  void renamingACapturedTableStopsCapture(String ddl) {
    assertThatThrownBy(() -> record("platform", ddl))
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining("changed captured table platform.")
        .hasMessageContaining("at binlog.000003:4")
        .hasMessageContaining(ddl)
        .hasMessageContaining("raise the setting `snapshot` by one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RENAME TABLE migrations TO migrations_old",
        "RENAME TABLE order_items TO orders_old",
        "ALTER TABLE orders RENAME COLUMN a TO b",
        "ALTER TABLE orders RENAME INDEX a TO b",
        "ALTER TABLE orders ADD COLUMN note TEXT",
        "TRUNCATE orders",
      })
  void otherStatementsPass(String ddl) {
    assertThatCode(() -> record("platform", ddl)).doesNotThrowAnyException();
  }

  @Test
  void aTableOfTheSameNameInAnotherDatabaseMayBeRenamed() {
    assertThatCode(() -> record("elsewhere", "RENAME TABLE orders TO orders_old"))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> record("elsewhere", "RENAME TABLE platform.orders TO orders_old"))
        .hasMessageContaining("platform.orders");
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

package io.tributary.mysql;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.config.Configuration;
import io.debezium.relational.history.DatabaseHistoryListener;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.TableChanges;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RenameGuardTest {
  private final RenameGuard guard = new RenameGuard();

  @BeforeEach
  void configure() {
    Configuration config =
        Configuration.create().with(RenameGuard.TABLES, "platform.orders,platform.users").build();
    guard.configure(config, HistoryRecordComparator.INSTANCE, DatabaseHistoryListener.NOOP, true);
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
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("renames captured table platform.")
        .hasMessageContaining("binlog.000003")
        .hasMessageContaining(ddl);
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
    guard.record(
        Map.of(),
        Map.of("file", "binlog.000003", "pos", 4),
        database,
        null,
        ddl,
        new TableChanges());
  }
}

package io.tributary.clickhouse.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableSchemaTest {
  private static final TableSchema ORDERS =
      new TableSchema(
          "platform",
          "orders_rows",
          List.of(new Column("id", "Int64"), new Column("a`b", "String")));

  @Test
  void quotesEveryName() {
    assertThat(ORDERS.quotedName()).isEqualTo("`platform`.`orders_rows`");
    assertThat(ORDERS.quotedColumns()).containsExactly("`id`", "`a\\`b`");
  }

  @Test
  void namesTableColumnAndStatementForAMissingColumn() {
    assertThatThrownBy(() -> ORDERS.require("discount", "UInt64"))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("ALTER TABLE `platform`.`orders_rows` ADD COLUMN `discount` UInt64");
  }

  @Test
  void refusesAColumnOfAnotherType() {
    assertThatThrownBy(() -> ORDERS.require("id", "UInt64"))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("must have the type UInt64, but has Int64");
  }
}

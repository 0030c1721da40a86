package io.tributary.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.common.TableSpec;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MySqlTablesTest {
  private static final TableSpec ORDERS =
      new TableSpec("orders", List.of("order_id"), "t", "d", "r", null);

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
  void aTablesPatternMatchesItAndTheRenamesOfIt(String name, boolean matches) {
    assertThat(name.matches(MySqlTables.tablePattern("platform", ORDERS))).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({"platform, orders", "pl.at$form, or-ders"})
  void aPatternHasNoCommaSinceTheSourceSplitsThere(String database, String table) {
    TableSpec spec = new TableSpec(table, List.of("id"), "t", "d", "r", null);
    assertThat(MySqlTables.tablePattern(database, spec)).doesNotContain(",");
  }
}

package io.tributary.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.common.TableSpec.PartitionBy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableSpecTest {
  @Test
  void readsTheStacksTables() {
    String json =
        """
        [{"table":"orders","key":["order_id"],"topic":"orders-cdc-topic",
          "deadLetterTopic":"orders-cdc-topic-dlq","rows":"orders_rows",
          "partitionBy":{"column":"created_at","unit":"month"}},
         {"table":"users","key":["user_id"],"topic":"users-cdc-topic",
          "deadLetterTopic":"users-cdc-topic-dlq","rows":"users_rows"}]""";
    assertThat(TableSpec.parse(json))
        .containsExactly(
            new TableSpec(
                "orders",
                List.of("order_id"),
                "orders-cdc-topic",
                "orders-cdc-topic-dlq",
                "orders_rows",
                new PartitionBy("created_at", "month")),
            new TableSpec(
                "users",
                List.of("user_id"),
                "users-cdc-topic",
                "users-cdc-topic-dlq",
                "users_rows",
                null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "[", "null", "[]", "[null]", "[{\"tabel\":\"orders\"}]"})
  void refusesWhatIsNoListOfTables(String json) {
    assertThatThrownBy(() -> TableSpec.parse(json)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesEverythingThatIsMissingOrTwice() {
    String json =
        """
        [{"table":"orders","key":[],"topic":"t","deadLetterTopic":"d","rows":"r"},
         {"table":"users","key":["id"],"topic":"t","rows":"r",
          "partitionBy":{"column":"created_at"}}]""";
    assertThatThrownBy(() -> TableSpec.parse(json))
        .hasMessageContaining("table orders needs \"key\"")
        .hasMessageContaining("table users needs \"deadLetterTopic\"")
        .hasMessageContaining("table users needs \"partitionBy.unit\"")
        .hasMessageContaining("topic \"t\" is used 2 times")
        .hasMessageContaining("rows \"r\" is used 2 times");
  }
}

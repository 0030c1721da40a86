package io.tributary.sync.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.common.TableSpec;
import io.tributary.sync.records.ChangeRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChangeEncoderTest {
  private static final List<TableSpec> SPECS = List.of(spec("users"), spec("orders"));

  private final ChangeEncoder encoder =
      new ChangeEncoder.Factory(SPECS).create(List.of(schema("users"), schema("orders")));

  @Test
  void findsTheTableByTheTopic() {
    assertThat(new ChangeEncoder.Factory(SPECS).tables())
        .containsExactly("users_rows", "orders_rows");
    assertThat(encoder.table(change("users", ""))).isZero();
    assertThat(encoder.table(change("orders", ""))).isEqualTo(1);
  }

  @Test
  void refusesATopicThatBelongsToNoTable() {
    assertThatThrownBy(() -> encoder.table(change("strangers", "")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("strangers-cdc-topic/2/4711");
  }

  @Test
  void saysWhichRecordBroughtASchemaProblemToLight() {
    String event =
        """
        {"op":"c","after":{"id":1,"colour":"red"},"source":{"file":"b.1","pos":4,"row":0}}""";

    assertThatThrownBy(() -> encoder.encode(change("users", event), new RowBuffer()))
        .hasMessageContaining("users-cdc-topic/2/4711")
        .hasMessageContaining("ADD COLUMN `colour`")
        .hasCauseInstanceOf(SchemaMismatchException.class);
  }

  @Test
  void countsTheBytesARecordHolds() {
    assertThat(encoder.retainedBytes(change("users", "x".repeat(1_000)))).isBetween(1_000L, 1_200L);
    assertThat(encoder.retainedBytes(new ChangeRecord("users-cdc-topic", 0, 0, 0, null, null)))
        .isPositive();
  }

  private static ChangeRecord change(String table, String value) {
    return new ChangeRecord(
        table + "-cdc-topic", 2, 4711, 0, null, value.getBytes(StandardCharsets.UTF_8));
  }

  private static TableSpec spec(String table) {
    return new TableSpec(
        table,
        List.of("id"),
        table + "-cdc-topic",
        table + "-cdc-topic-dlq",
        table + "_rows",
        null);
  }

  private static TableSchema schema(String table) {
    return new TableSchema(
        "platform",
        table + "_rows",
        List.of(
            new Column("id", "Int64"),
            new Column("_version", "UInt64"),
            new Column("_is_deleted", "UInt8"),
            new Column("_topic_time", "DateTime64(3, 'UTC')")));
  }
}

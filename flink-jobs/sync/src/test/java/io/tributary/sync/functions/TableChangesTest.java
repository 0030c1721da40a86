package io.tributary.sync.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.clickhouse.testing.RowDecoder;
import io.tributary.common.TableSpec;
import io.tributary.common.TableSpec.PartitionBy;
import io.tributary.common.Version;
import io.tributary.common.Version.Half;
import io.tributary.sync.records.ChangeRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableChangesTest {
  private static final long TOPIC_TIME = 1_736_592_600_123L;
  private static final TableSpec ORDERS =
      new TableSpec(
          "orders",
          List.of("order_id"),
          "orders-cdc-topic",
          "orders-cdc-topic-dlq",
          "orders_rows",
          new PartitionBy("created_at", "month"));
  private static final List<Column> COLUMNS =
      List.of(
          new Column("order_id", "Int64"),
          new Column("product_name", "String"),
          new Column("total_price", "Decimal(12, 2)"),
          new Column("created_at", "DateTime64(6, 'UTC')"),
          new Column("note", "Nullable(String)"),
          new Column("_version", "UInt64"),
          new Column("_is_deleted", "UInt8"),
          new Column("_topic_time", "DateTime64(3, 'UTC')"),
          new Column("_ingested_at", "DateTime64(3, 'UTC')"));

  private static final String SOURCE =
      """
      {"epoch":2,"db":"platform","table":"orders","ts_ms":5,"file":"binlog.000003","pos":1234,"row":1}""";
  private static final String PENDING = order("Laptop", "2025-01-11T10:30:00Z");
  private static final String RENAMED = order("Laptop 2", "2025-01-11T10:30:00Z");
  private static final String A_SECOND_LATER = order("Laptop", "2025-01-11T10:30:01Z");

  private final TableChanges changes = new TableChanges(ORDERS, schema(COLUMNS));

  @ParameterizedTest
  @ValueSource(strings = {"c", "r", "u"})
  void writesTheAfterImageAsARow(String op) throws UnwritableException {
    String before = op.equals("u") ? RENAMED : "null";

    assertThat(rows(event(before, PENDING, op)))
        .containsExactly(
            Map.of(
                "order_id",
                1001L,
                "product_name",
                "Laptop",
                "total_price",
                200_000L,
                "created_at",
                1_736_591_400_000_000L,
                "_version",
                Version.of(2, 3, 1234, 1, Half.AFTER),
                "_is_deleted",
                (byte) 0,
                "_topic_time",
                TOPIC_TIME));
  }

  @Test
  void writesADeleteAsATombstoneWithTheColumnsTheRowHad() throws UnwritableException {
    assertThat(rows(event(PENDING, "null", "d")))
        .singleElement()
        .satisfies(
            row ->
                assertThat(row)
                    .containsEntry("created_at", 1_736_591_400_000_000L)
                    .containsEntry("product_name", "Laptop")
                    .containsEntry("_version", Version.of(2, 3, 1234, 1, Half.BEFORE))
                    .containsEntry("_is_deleted", (byte) 1));
  }

  @Test
  void leavesATombstoneWhereAMovedRowWasThatTheRowItselfOutranks() throws UnwritableException {
    List<Map<String, Object>> rows = rows(event(PENDING, A_SECOND_LATER, "u"));

    assertThat(rows).extracting(row -> row.get("_is_deleted")).containsExactly((byte) 1, (byte) 0);
    assertThat(rows)
        .extracting(row -> row.get("created_at"))
        .containsExactly(1_736_591_400_000_000L, 1_736_591_401_000_000L);
    assertThat((long) rows.get(0).get("_version")).isLessThan((long) rows.get(1).get("_version"));
  }

  @Test
  void takesAnotherSpellingOfTheSameTimeForNoMove() throws UnwritableException {
    String spelled = order("Laptop", "2025-01-11T10:30:00.000000Z");

    assertThat(rows(event(PENDING, spelled, "u"))).hasSize(1);
  }

  @Test
  void doesNotParseWhatItDoesNotNeed() throws UnwritableException {
    TableSpec unpartitioned =
        new TableSpec("orders", List.of("order_id"), "t", "t-dlq", "orders_rows", null);
    TableChanges simple = new TableChanges(unpartitioned, schema(COLUMNS));
    String unreadableBefore = "{\"order_id\":\"x\",\"gone\":[1,{\"created_at\":2}]}";

    assertThat(rows(simple, event(unreadableBefore, PENDING, "u"))).hasSize(1);
  }

  @Test
  void readsFieldsInAnyOrderAndPassesOverStrangers() throws UnwritableException {
    String event =
        "{\"x\":[{}],\"source\":%s,\"op\":\"u\",\"after\":%s,\"ts_ms\":1,\"before\":%s}"
            .formatted(SOURCE, A_SECOND_LATER, PENDING);

    assertThat(rows(event)).hasSize(2);
  }

  @Test
  void keepsNothingOfTheEventBefore() throws UnwritableException {
    rows(event(PENDING, A_SECOND_LATER, "u"));

    assertThatThrownBy(() -> rows("{\"op\":\"c\",\"source\":%s}".formatted(SOURCE)))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining("no \"after\"");
    assertThatThrownBy(() -> rows("{\"op\":\"d\",\"source\":%s,\"after\":null}".formatted(SOURCE)))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining("no \"before\"");
    assertThatThrownBy(() -> rows("{\"op\":\"c\",\"after\":%s}".formatted(PENDING)))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining("source");
  }

  @Test
  void givesManyChangesOfOneRowInATransactionRisingVersions() throws UnwritableException {
    List<Long> versions = new ArrayList<>();
    for (int row = 0; row < 3; row++) {
      String source = SOURCE.replace("\"row\":1", "\"row\":" + row);
      String event = event(PENDING, A_SECOND_LATER, "u").replace(SOURCE, source);
      rows(event).forEach(written -> versions.add((long) written.get("_version")));
    }

    assertThat(versions).hasSize(6).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void writesTheSameRowHoweverOftenAnEventIsRead() throws UnwritableException {
    String event = event(PENDING, A_SECOND_LATER, "u");

    assertThat(rows(event)).isEqualTo(rows(event));
  }

  @ParameterizedTest(name = "{index}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nonsense                                        | not a change event
          ''                                              | not a JSON object
          []                                              | not a JSON object
          {"op":"c"                                       | not a change event
          {"op":"x","after":{},"source":{}}               | unknown op "x"
          {"after":{}}                                    | no "op"
          {"after":{"a":{}},"source":{}}                  | no "op"
          {"op":"c","source":{"file":"binlog.000003"}}    | needs "file", "pos" and "row"
          {"op":"c","source":{"file":"x"}}                | no number after its last dot
          {"op":"c","source":{"pos":"1"}}                 | no whole number as "pos"
          {"op":"c","source":{"pos":99999999999999999999}}| not a change event
          """)
  void refusesWhatIsNoChangeEvent(String value, String reason) {
    assertThatThrownBy(() -> rows(value))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest(name = "{index}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"product_name":"x","created_at":"2025-01-11T10:30:00Z"} | no column order_id
          {"order_id":1,"product_name":"x"}                        | no column created_at
          {"order_id":null}                                        | column order_id: NULL
          {"total_price":"1.005"}                                  | column total_price
          {"created_at":"0000-00-00T00:00:00Z"}                    | column created_at
          """)
  void refusesRowsThatCannotBeStoredExactly(String row, String reason) {
    assertThatThrownBy(() -> rows(event("null", row, "c")))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void refusesARecordWithoutAValue() {
    assertThatThrownBy(() -> changes.encode(record(null), new RowBuffer()))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining("no value");
  }

  @Test
  void stopsForAColumnThatTheTableLacks() {
    assertThatThrownBy(() -> rows(event("null", "{\"order_id\":1,\"discount\":5}", "c")))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("`platform`.`orders_rows`")
        .hasMessageContaining("ADD COLUMN `discount` Nullable(Int64)");
  }

  @Test
  void refusesAPlaceThatDoesNotFitAVersion() {
    String event = event("null", PENDING, "c").replace("\"epoch\":2", "\"epoch\":4096");

    assertThatThrownBy(() -> rows(event))
        .isInstanceOf(UnwritableException.class)
        .hasMessageContaining("epoch");
  }

  @ParameterizedTest
  @ValueSource(strings = {"order_id", "created_at", "_version", "_is_deleted", "_topic_time"})
  void refusesATableWithoutAColumnItNeeds(String missing) {
    List<Column> columns =
        COLUMNS.stream().filter(column -> !column.name().equals(missing)).toList();

    assertThatThrownBy(() -> new TableChanges(ORDERS, schema(columns)))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("`" + missing + "`");
  }

  private List<Map<String, Object>> rows(String event) throws UnwritableException {
    return rows(changes, event);
  }

  private static List<Map<String, Object>> rows(TableChanges changes, String event)
      throws UnwritableException {
    RowBuffer buffer = new RowBuffer();
    changes.encode(record(event.getBytes(StandardCharsets.UTF_8)), buffer);
    List<Map<String, Object>> rows = RowDecoder.decode(COLUMNS, buffer.toByteArray());
    assertThat(buffer.rowCount()).isEqualTo(rows.size());
    return rows;
  }

  private static ChangeRecord record(byte[] value) {
    return new ChangeRecord("orders-cdc-topic", 0, 0, TOPIC_TIME, null, value);
  }

  private static TableSchema schema(List<Column> columns) {
    return new TableSchema("platform", "orders_rows", columns);
  }

  private static String order(String product, String createdAt) {
    return """
        {"order_id":1001,"product_name":"%s","total_price":"2000.00","created_at":"%s"}"""
        .formatted(product, createdAt);
  }

  private static String event(String before, String after, String op) {
    return "{\"before\":%s,\"after\":%s,\"op\":\"%s\",\"ts_ms\":1736592600000,\"source\":%s}"
        .formatted(before, after, op, SOURCE);
  }
}

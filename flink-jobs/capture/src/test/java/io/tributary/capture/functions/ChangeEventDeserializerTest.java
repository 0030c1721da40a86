package io.tributary.capture.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.capture.records.BinlogEnd;
import io.tributary.capture.records.TopicRecord;
import io.tributary.common.TableSpec;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeEventDeserializerTest {
  private static final TableSpec ORDERS =
      new TableSpec("orders", List.of("order_id"), "orders-cdc-topic", "d", "orders_rows", null);
  private static final TableSpec LINES =
      new TableSpec("lines", List.of("b", "a"), "lines-cdc-topic", "d", "lines_rows", null);
  private static final TableSpec BEATS =
      new TableSpec("beats", List.of("server_uuid"), "beats-cdc-topic", "d", "beats_rows", null);

  private static final Schema ORDER =
      SchemaBuilder.struct()
          .field("order_id", Schema.INT64_SCHEMA)
          .field("total_price", Schema.STRING_SCHEMA)
          .field("note", SchemaBuilder.string().optional().defaultValue("none").build())
          .build();
  private static final Schema BEAT =
      SchemaBuilder.struct()
          .field("server_uuid", Schema.STRING_SCHEMA)
          .field("beat", Schema.INT64_SCHEMA)
          .build();
  private static final Schema ORDER_KEY =
      SchemaBuilder.struct().field("order_id", Schema.INT64_SCHEMA).build();

  private final ChangeEventDeserializer deserializer =
      new ChangeEventDeserializer(
          List.of(ORDERS, LINES, BEATS),
          new BinlogEnd("binlog.000002", 777, 1_736_591_000_000L),
          server(5));

  @Test
  void writesAnInsert() throws Exception {
    TopicRecord event = only(Records.change("c", "orders", key(1), null, order(1, "100.00")));
    assertThat(event.topic).isEqualTo("orders-cdc-topic");
    assertThat(new String(event.key, UTF_8)).isEqualTo("{\"order_id\":1}");
    assertThat(new String(event.value, UTF_8))
        .isEqualTo(
            """
            {"before":null,"after":{"order_id":1,"total_price":"100.00","note":null},"op":"c",\
            "ts_ms":1736591400500,"source":{"epoch":5,"db":"platform","table":"orders",\
            "ts_ms":1736591400000,"file":"binlog.000003","pos":1234,"row":2}}""");
  }

  @Test
  void writesBothImagesOfAnUpdateAndOneOfADelete() throws Exception {
    assertThat(
            text(only(Records.change("u", "orders", key(1), order(1, "1.00"), order(1, "2.00")))))
        .startsWith(
            """
            {"before":{"order_id":1,"total_price":"1.00","note":null},\
            "after":{"order_id":1,"total_price":"2.00","note":null},"op":"u",""");
    assertThat(text(only(Records.change("d", "orders", key(1), order(1, "2.00"), null))))
        .startsWith(
            """
            {"before":{"order_id":1,"total_price":"2.00","note":null},"after":null,"op":"d",""");
  }

  /** Both come from one place; what is not newer than the newest counts as a repeat. */
  @Test
  void theDeleteOfAChangedKeyStandsBeforeItsInsert() throws Exception {
    TopicRecord gone = only(Records.change("d", "orders", key(1), order(1, "1.00"), null));
    TopicRecord back = only(Records.change("c", "orders", key(2), null, order(2, "1.00")));
    assertThat(gone.version).isLessThan(back.version);
    assertThat(gone.transaction).isEqualTo(back.transaction);
  }

  @Test
  void givesASnapshotRowThePlaceReadBeforeTheSnapshot() throws Exception {
    assertThat(text(only(Records.change("r", "orders", key(1), null, order(1, "1.00")))))
        .endsWith(
            """
            "source":{"epoch":5,"db":"platform","table":"orders","ts_ms":1736591000000,\
            "file":"binlog.000002","pos":777,"row":0}}""");
  }

  @Test
  void writesTheKeyInTheOrderOfThePrimaryKey() throws Exception {
    Schema key =
        SchemaBuilder.struct()
            .field("a", Schema.INT32_SCHEMA)
            .field("b", Schema.STRING_SCHEMA)
            .build();
    Struct row = new Struct(key).put("a", 7).put("b", "😀 \"x\"");
    TopicRecord event = only(Records.change("c", "lines", row, null, row));
    assertThat(new String(event.key, UTF_8)).isEqualTo("{\"b\":\"😀 \\\"x\\\"\",\"a\":7}");
  }

  @Test
  void stopsForGoodWhereAPlaceDoesNotFitAVersion() {
    ChangeEventDeserializer beyond =
        new ChangeEventDeserializer(
            List.of(ORDERS), new BinlogEnd("binlog.1048576", 4, 1_736_591_000_000L), server(0));
    assertThatThrownBy(
            () -> all(beyond, Records.change("r", "orders", key(1), null, order(1, "1.00"))))
        .isInstanceOf(SuppressRestartsException.class)
        .rootCause()
        .hasMessageContainingAll(
            "a change of table orders at binlog.000003:1234",
            "binlog file number 1048576",
            "`snapshot`");
  }

  @Test
  void stopsForGoodAtARowThatNoTopicTakes() throws Exception {
    Struct large = order(1, "9".repeat(4 << 20));
    assertThat(all(deserializer, Records.change("c", "orders", key(1), null, large))).hasSize(1);
    assertThatThrownBy(() -> all(deserializer, Records.change("u", "orders", key(1), large, large)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContainingAll(
            "table orders at binlog.000003:1234, with the key {\"order_id\":1}", "8387584");
  }

  @Test
  void stopsForGoodWhereAnotherServerBeats() throws Exception {
    Struct ours = beat("server-1");
    Struct others = beat("server-2");
    assertThat(only(Records.change("u", "beats", ours, others, ours)).beat).isEqualTo(104);
    // A snapshot shows what a server before this one wrote.
    assertThat(only(Records.change("r", "beats", ours, null, others)).beat)
        .isEqualTo(TopicRecord.NO_BEAT);
    assertThat(only(Records.change("d", "beats", ours, ours, null)).beat)
        .isEqualTo(TopicRecord.DELETED_BEAT);
    assertThatThrownBy(() -> all(deserializer, Records.change("u", "beats", ours, ours, others)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContainingAll("server-2", "server-1", "raise the setting `epoch` by one, to 6");
  }

  @Test
  void refusesAChangeWithoutKeyOrOfAnotherTable() {
    assertThatThrownBy(() -> only(Records.change("c", "orders", null, null, order(1, "1.00"))))
        .hasStackTraceContaining("table orders has no key");
    assertThatThrownBy(() -> only(Records.change("c", "other", key(1), null, order(1, "1.00"))))
        .hasStackTraceContaining("table other, which is not captured");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TRUNCATE TABLE orders",
        "truncate orders",
        "ALTER TABLE orders ADD COLUMN note TEXT",
        "ALTER TABLE orders ADD INDEX (status)",
        "ALTER TABLE orders TRUNCATE PARTITION p0",
        "DROP TABLE `orders` /* generated by server */",
        "RENAME TABLE orders TO orders_old",
        "CREATE TABLESPACE orders",
        "CREATE INDEXES",
        "DROP INDEX `PRIMARY` ON orders",
        "drop index primary on orders",
        "DROP INDEX /* key */ `PRIMARY` ON orders",
        "",
      })
  void stopsForGoodAtAStatementThatChangesATableWithoutRowEvents(String sql) {
    assertThatThrownBy(() -> all(deserializer, Records.statement("orders", sql)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("platform.orders at binlog.000003:1234")
        .hasMessageContaining(sql);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE INDEX by_status ON orders (status)",
        "create unique index by_status\non orders (status)",
        "DROP INDEX by_status ON orders",
        "drop index `primary_status` on orders",
        "ANALYZE TABLE orders",
        "CREATE TABLE orders (order_id INT)",
        "create table if not exists orders like old_orders",
      })
  void letsStatementsPassThatLeaveRowsAndColumnsAsTheyWere(String sql) {
    assertThatCode(() -> assertThat(all(deserializer, Records.statement("orders", sql))).isEmpty())
        .doesNotThrowAnyException();
  }

  @Test
  void travelsToTheTaskManagers() throws Exception {
    ChangeEventDeserializer copy = InstantiationUtil.clone(deserializer);
    SourceRecord change = Records.change("c", "orders", key(1), null, order(1, "1.00"));
    assertThat(text(all(copy, change).get(0))).isEqualTo(text(only(change)));
  }

  private static SameServer server(int epoch) {
    return new SameServer("beats", "server-1", epoch);
  }

  private TopicRecord only(SourceRecord sourceRecord) throws Exception {
    List<TopicRecord> events = all(deserializer, sourceRecord);
    assertThat(events).hasSize(1);
    return events.get(0);
  }

  private static List<TopicRecord> all(ChangeEventDeserializer from, SourceRecord sourceRecord)
      throws Exception {
    List<TopicRecord> events = new ArrayList<>();
    from.deserialize(sourceRecord, new ListCollector<>(events));
    return events;
  }

  private static String text(TopicRecord event) {
    return new String(event.value, UTF_8);
  }

  private static Struct beat(String server) {
    return new Struct(BEAT).put("server_uuid", server).put("beat", 104L);
  }

  private static Struct key(long id) {
    return new Struct(ORDER_KEY).put("order_id", id);
  }

  private static Struct order(long id, String price) {
    return new Struct(ORDER).put("order_id", id).put("total_price", price);
  }
}

package io.tributary.sync.functions;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.common.TableSpec;
import io.tributary.common.TableSpec.PartitionBy;
import io.tributary.sync.records.ChangeRecord;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * How many change events one core turns into rows per second: a mix of inserts, updates and deletes
 * of orders, from the bytes of the topic to RowBinary. Run by hand.
 */
public final class EncodeBenchmark {
  private static final int EVENTS = 50_000;
  private static final int ROUNDS = 20;
  private static final TableSpec ORDERS =
      new TableSpec(
          "orders",
          List.of("order_id"),
          "orders-cdc-topic",
          "orders-cdc-topic-dlq",
          "orders_rows",
          new PartitionBy("created_at", "month"));
  private static final TableSchema SCHEMA =
      new TableSchema(
          "platform",
          "orders_rows",
          List.of(
              new Column("order_id", "Int64"),
              new Column("user_id", "Int64"),
              new Column("product_name", "String"),
              new Column("quantity", "Int32"),
              new Column("total_price", "Decimal(12, 2)"),
              new Column("status", "LowCardinality(String)"),
              new Column("created_at", "DateTime64(6, 'UTC')"),
              new Column("_version", "UInt64"),
              new Column("_is_deleted", "UInt8"),
              new Column("_topic_time", "DateTime64(3, 'UTC')"),
              new Column("_ingested_at", "DateTime64(3, 'UTC')")));

  private EncodeBenchmark() {}

  /** Prints one line per round; the first ones warm up. */
  public static void main(String[] args) throws UnwritableException {
    ChangeRecord[] records = new ChangeRecord[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
      records[i] = record(i);
    }
    TableChanges changes = new TableChanges(ORDERS, SCHEMA);
    RowBuffer rows = new RowBuffer();
    for (int round = 1; round <= ROUNDS; round++) {
      rows.clear();
      long start = cpuNanos();
      for (ChangeRecord record : records) {
        changes.encode(record, rows);
      }
      double seconds = (cpuNanos() - start) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "round %d: %,.0f events per CPU second, %d bytes in, %d bytes out per event%n",
          round,
          EVENTS / seconds,
          records[0].value().length,
          rows.size() / EVENTS);
    }
  }

  /** The thread's own time, so that others on the machine do not count. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static ChangeRecord record(int i) {
    char op = "cuud".charAt(i % 4);
    String image =
        """
        {"order_id":%d,"user_id":%d,"product_name":"Mechanical keyboard %d","quantity":%d,\
        "total_price":"%d.95","status":"pending","created_at":"2025-01-%02dT10:30:00.%06dZ"}"""
            .formatted(1_000_000 + i, i % 1000, i % 100, i % 9 + 1, i % 5000, i % 28 + 1, i);
    String value =
        """
        {"before":%s,"after":%s,"op":"%c","ts_ms":1736592600123,"source":{"epoch":0,\
        "db":"platform","table":"orders","ts_ms":1736592600000,"file":"binlog.000003",\
        "pos":%d,"row":%d}}"""
            .formatted(op == 'c' ? "null" : image, op == 'd' ? "null" : image, op, 400L * i, i % 3);
    return new ChangeRecord(
        ORDERS.topic(), 0, i, 1_736_592_600_123L, null, value.getBytes(StandardCharsets.UTF_8));
  }
}

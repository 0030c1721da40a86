package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.clickhouse.client.api.ServerException;
import io.tributary.clickhouse.BatchInserter.Refused;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.RowImage;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.clickhouse.testing.RealClickHouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a real ClickHouse makes of the sink's requests. */
@Timeout(120)
class ClickHouseITCase {
  private static final String DATABASE = "sink_it";

  private RealClickHouse server;
  private Warehouse warehouse;

  @BeforeEach
  void connect() {
    server = new RealClickHouse(DATABASE);
    warehouse = Warehouse.at(server.connection(), 2);
  }

  @AfterEach
  void disconnect() {
    warehouse.close();
    server.close();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Int8                  | -128                                 | -128
          Int16                 | -32768                               | -32768
          Int32                 | -2147483648                          | -2147483648
          Int64                 | -9223372036854775808                 | -9223372036854775808
          UInt8                 | 255                                  | 255
          UInt16                | 65535                                | 65535
          UInt32                | 4294967295                           | 4294967295
          UInt64                | 18446744073709551615                 | 18446744073709551615
          Bool                  | true                                 | true
          Float32               | -1.5                                 | -1.5
          Float64               | 1e300                                | 1e300
          Decimal(9, 2)         | "-9999999.99"                        | -9999999.99
          Decimal(12, 2)        | "2000.10"                            | 2000.1
          Decimal(38, 10)       | "-1234567890123456789012345678.0123456789" | -1234567890123456789012345678.0123456789
          Decimal(76, 1)        | "-999999999999999999999999999999999999999999999999999999999999999999999999999.9" | -999999999999999999999999999999999999999999999999999999999999999999999999999.9
          String                | "quote ' emoji 😀 é"                 | quote ' emoji 😀 é
          LowCardinality(String)| "pending"                            | pending
          LowCardinality(Nullable(String)) | "a"                       | a
          FixedString(4)        | "abcd"                               | abcd
          Date                  | "2149-06-06"                         | 2149-06-06
          Date32                | "1900-01-01"                         | 1900-01-01
          Date32                | "2299-12-31"                         | 2299-12-31
          DateTime              | "2025-01-11T10:30:00Z"               | 2025-01-11 10:30:00
          DateTime('Asia/Seoul')| "2025-01-11T10:30:00Z"               | 2025-01-11 19:30:00
          DateTime64(6, 'UTC')  | "2025-01-11T10:30:00.123456Z"        | 2025-01-11 10:30:00.123456
          DateTime64(6, 'UTC')  | "1900-01-01T00:00:00Z"               | 1900-01-01 00:00:00.000000
          DateTime64(6, 'UTC')  | "2299-12-31T23:59:59.999999Z"        | 2299-12-31 23:59:59.999999
          DateTime64(9, 'UTC')  | "2262-01-01T00:00:00.000000001Z"     | 2262-01-01 00:00:00.000000001
          Enum8('a' = -1, 'it\\'s' = 2) | "it's"                       | it's
          Enum16('x' = 1000)    | "x"                                  | x
          UUID                  | "61f0c404-5cb3-11e7-907b-a6006ad3dba0" | 61f0c404-5cb3-11e7-907b-a6006ad3dba0
          Nullable(Int64)       | null                                 | NULL
          Nullable(Decimal(12, 2)) | "0.01"                            | 0.01
          Nullable(DateTime64(6, 'UTC')) | "2025-01-11T10:30:00.5Z"    | 2025-01-11 10:30:00.500000
          """)
  void storesEveryTypeExactly(String type, String json, String text) throws Exception {
    server.execute(
        "CREATE TABLE %s.t (v %s) ENGINE = MergeTree ORDER BY tuple()".formatted(DATABASE, type));
    TableSchema table = describe("t");

    store(table, "{\"v\":%s}".formatted(json));

    assertThat(server.value("SELECT ifNull(toString(v), 'NULL') FROM " + DATABASE + ".t"))
        .isEqualTo(text);
  }

  @Test
  void leavesOutWhatCannotBeInsertedAndGivesDefaultsToWhatIsAbsent() throws Exception {
    server.execute(
        """
        CREATE TABLE %s.t (
          id Int64,
          doubled Int64 MATERIALIZED id * 2,
          tripled Int64 ALIAS id * 3,
          note String DEFAULT 'none',
          extra Int32,
          _ingested_at DateTime64(3, 'UTC') DEFAULT now64(3)
        ) ENGINE = MergeTree ORDER BY id"""
            .formatted(DATABASE));
    TableSchema table = describe("t");

    store(table, "{\"id\":21}");

    assertThat(table.columns())
        .extracting("name")
        .containsExactly("id", "note", "extra", "_ingested_at");
    assertThat(
            server.query(
                """
                SELECT id, doubled, tripled, note, extra,
                       abs(dateDiff('minute', _ingested_at, now())) < 5 AS fresh
                FROM %s.t"""
                    .formatted(DATABASE)))
        .containsExactly(
            Map.of(
                "id", "21",
                "doubled", "42",
                "tripled", "63",
                "note", "none",
                "extra", "0",
                "fresh", "1"));
  }

  @Test
  void namesATableThatIsNotThere() {
    assertThatThrownBy(() -> describe("nowhere"))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("there is no table sink_it.nowhere");
  }

  @Test
  void findsTheRowsThatAConstraintRefuses() throws Exception {
    server.execute(
        """
        CREATE TABLE %s.t (id Int64, CONSTRAINT odd_one CHECK id NOT IN (7, 4999))
        ENGINE = MergeTree ORDER BY id"""
            .formatted(DATABASE));
    TableSchema table = describe("t");

    List<Refused<Integer>> refused = inserter(table).insert(numbers(table, 0, 5_000));

    assertThat(refused).extracting(Refused::element).containsExactly(7, 4999);
    assertThat(refused.get(0).reason()).contains("odd_one");
    assertThat(server.value("SELECT count() FROM " + DATABASE + ".t")).isEqualTo("4998");
  }

  @Test
  void isolatesMoreRowsThanGoInFromATableThatTakesRows() throws Exception {
    server.execute(
        """
        CREATE TABLE %s.t (id Int64, CONSTRAINT small CHECK id < 1000 OR id % 7 = 0)
        ENGINE = ReplacingMergeTree ORDER BY id"""
            .replace("%s", DATABASE));
    TableSchema table = describe("t");
    store(table, "{\"id\":1}");

    List<Refused<Integer>> refused = inserter(table).insert(numbers(table, 1001, 1301));

    assertThat(refused).hasSize(257);
    assertThat(server.value("SELECT uniqExact(id) FROM " + DATABASE + ".t")).isEqualTo("44");
  }

  @Test
  void stopsWhereTheTableRefusesWhatItHasAlready() throws Exception {
    server.execute(
        "CREATE TABLE %s.t (id Int64) ENGINE = ReplacingMergeTree ORDER BY id".formatted(DATABASE));
    TableSchema table = describe("t");
    store(table, "{\"id\":1}");
    server.execute("ALTER TABLE " + DATABASE + ".t ADD CONSTRAINT none CHECK id < 0");

    assertThatThrownBy(() -> inserter(table).insert(numbers(table, 2, 4)))
        .isInstanceOf(WarehouseException.class)
        .hasMessageContaining("refuses a row for t that is in it already");
  }

  @Test
  void callsNoRowWrongThatWasMadeForTheTableAsItWas() throws Exception {
    server.execute(
        "CREATE TABLE %s.t (id Int64, v Int32) ENGINE = ReplacingMergeTree ORDER BY id"
            .formatted(DATABASE));
    TableSchema table = describe("t");
    server.execute("ALTER TABLE " + DATABASE + ".t MODIFY COLUMN v Int64");
    RowBatch<Integer> batch = new RowBatch<>();
    append(table, "{\"id\":1,\"v\":2}", batch.rows());
    batch.own(1, 1);

    assertThatThrownBy(() -> inserter(table).insert(batch))
        .isInstanceOf(SchemaMismatchException.class)
        .hasMessageContaining("was changed while rows were on their way");
  }

  @Test
  void takesRowsOfManyPartitionsInOneBatch() throws Exception {
    server.execute(
        """
        CREATE TABLE %s.t (id Int64) ENGINE = ReplacingMergeTree
        PARTITION BY id ORDER BY id"""
            .formatted(DATABASE));
    TableSchema table = describe("t");

    assertThat(inserter(table).insert(numbers(table, 0, 300))).isEmpty();

    assertThat(server.value("SELECT count() FROM " + DATABASE + ".t")).isEqualTo("300");
  }

  @Test
  void hearsTheAnswerToALargeBodyThatIsRefusedEarly() throws Exception {
    server.execute(
        "CREATE TABLE %s.t (v String) ENGINE = MergeTree ORDER BY tuple()".formatted(DATABASE));
    TableSchema table = describe("t");
    RowBuffer rows = new RowBuffer();
    // The first row is cut short, so that nothing after it can be read as a row.
    rows.int8(0);
    rows.varUInt(Integer.MAX_VALUE);
    rows.fill('x', 32 << 20);
    rows.endRow();

    assertThatThrownBy(() -> warehouse.insert(table, rows, 0, 1))
        .satisfies(
            e -> assertThat(InsertFailure.of(e)).isIn(InsertFailure.REFUSED, InsertFailure.BROKEN));
  }

  @Test
  void stopsForAColumnThatWasDropped() throws Exception {
    server.execute(
        "CREATE TABLE %s.t (id Int64, v String) ENGINE = MergeTree ORDER BY id"
            .formatted(DATABASE));
    TableSchema table = describe("t");
    server.execute("ALTER TABLE " + DATABASE + ".t DROP COLUMN v");

    assertThatThrownBy(() -> store(table, "{\"id\":1,\"v\":\"x\"}"))
        .isInstanceOf(ServerException.class)
        .satisfies(e -> assertThat(InsertFailure.of(e)).isEqualTo(InsertFailure.FATAL));
  }

  @Test
  void stopsWhenTheUserMayNot() {
    ClickHouseConnection stranger =
        new ClickHouseConnection(
            server.connection().url(),
            "nobody",
            System.getProperty("it.clickhouse.password-file"),
            DATABASE);

    try (Warehouse unwelcome = Warehouse.at(stranger, 1)) {
      assertThatThrownBy(() -> unwelcome.describe(List.of("t")))
          .satisfies(e -> assertThat(InsertFailure.of(e)).isEqualTo(InsertFailure.FATAL));
    }
  }

  @Test
  void triesAgainWhenThereAreTooManyParts() throws Exception {
    server.execute(
        """
        CREATE TABLE %s.t (id Int64) ENGINE = MergeTree ORDER BY id
        SETTINGS parts_to_throw_insert = 2, parts_to_delay_insert = 1"""
            .formatted(DATABASE));
    server.execute("SYSTEM STOP MERGES %s.t".formatted(DATABASE));
    TableSchema table = describe("t");
    List<InsertFailure> failures = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      try {
        store(table, "{\"id\":1}");
      } catch (ServerException e) {
        failures.add(InsertFailure.of(e));
      }
    }

    assertThat(failures).isNotEmpty().containsOnly(InsertFailure.BUSY);
  }

  private TableSchema describe(String table) {
    return warehouse.describe(List.of(table)).get(0);
  }

  private BatchInserter<Integer> inserter(TableSchema table) {
    return new BatchInserter<>(
        table.table(),
        new WarehouseTable(warehouse, table),
        Backoff.DEFAULT,
        new BatchInserter.Progress() {
          @Override
          public void failed() {}

          @Override
          public void worked() {}
        });
  }

  private static RowBatch<Integer> numbers(TableSchema table, int from, int to) throws Exception {
    RowBatch<Integer> batch = new RowBatch<>();
    for (int i = from; i < to; i++) {
      append(table, "{\"id\":%d}".formatted(i), batch.rows());
      batch.own(i, 1);
    }
    return batch;
  }

  private void store(TableSchema table, String json) throws Exception {
    RowBuffer rows = new RowBuffer();
    append(table, json, rows);
    warehouse.insert(table, rows, 0, 1);
  }

  private static void append(TableSchema table, String json, RowBuffer rows) throws Exception {
    RowImage image = new RowImage(table);
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      image.read(parser);
    }
    for (int column = 0; column < table.columns().size(); column++) {
      image.writeCell(column, rows);
    }
    rows.endRow();
  }
}

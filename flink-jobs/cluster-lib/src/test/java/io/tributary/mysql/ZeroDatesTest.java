package io.tributary.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.mysql.MySqlDefaultValueConverter;
import io.debezium.connector.mysql.antlr.MySqlAntlrDdlParser;
import io.debezium.relational.CustomConverterRegistry;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.relational.TableSchema;
import io.debezium.relational.TableSchemaBuilder;
import io.debezium.relational.Tables;
import io.debezium.util.SchemaNameAdjuster;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZeroDatesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "date NOT NULL",
        "date NOT NULL DEFAULT '2020-02-02'",
        "datetime NOT NULL",
        "datetime(6) NOT NULL",
        "datetime(6) NOT NULL DEFAULT (utc_timestamp(6))",
        "datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)",
        "datetime(3) NOT NULL DEFAULT '2020-02-02 02:02:02'",
        "timestamp NOT NULL",
        "timestamp(6) NOT NULL DEFAULT '2020-02-02 02:02:02'",
        "datetime(6) DEFAULT NULL",
      })
  void aZeroDateIsNoDate(String type) {
    assertThat(converted(type, null)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"NOT NULL", "NOT NULL DEFAULT '2020-02-02 02:02:02'", "NULL"})
  void everyOtherDateIsWhatItWas(String rest) {
    assertThat(converted("date " + rest.replace(" 02:02:02", ""), LocalDate.of(1970, 1, 2)))
        .isEqualTo(1);
    LocalDate year24 = LocalDate.of(24, 1, 1);
    assertThat(converted("date " + rest.replace(" 02:02:02", ""), year24))
        .isEqualTo((int) year24.toEpochDay());
    LocalDateTime time = LocalDateTime.of(1970, 1, 1, 0, 0, 1);
    assertThat(converted("datetime " + rest, time)).isEqualTo(1_000L);
    assertThat(converted("datetime(3) " + rest, time)).isEqualTo(1_000L);
    assertThat(converted("datetime(6) " + rest, time)).isEqualTo(1_000_000L);
    assertThat(converted("timestamp " + rest, ZonedDateTime.of(time, ZoneOffset.UTC)))
        .isEqualTo("1970-01-01T00:00:01Z");
  }

  /** The value of a column, as the source makes it of what it has read. */
  private static Object converted(String type, Object read) {
    Tables tables = new Tables();
    MySqlAntlrDdlParser parser = new MySqlAntlrDdlParser();
    parser.setCurrentDatabase("platform");
    parser.parse("CREATE TABLE t (id bigint PRIMARY KEY, c %s)".formatted(type), tables);
    Table table = tables.forTable(TableId.parse("platform.t"));
    TableSchema schema =
        new TableSchemaBuilder(
                ZeroDates.CONVERTERS,
                new MySqlDefaultValueConverter(ZeroDates.CONVERTERS),
                SchemaNameAdjuster.NO_OP,
                registry(),
                SchemaBuilder.struct().build(),
                false,
                false)
            .create("", "envelope", table, null, null, null);
    Struct row = schema.valueFromColumnData(new Object[] {1L, read});
    return row.getWithoutDefault("c");
  }

  /** It takes converters of columns for what they are, converters of any field. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static CustomConverterRegistry registry() {
    return new CustomConverterRegistry((List) List.of(new ZeroDates()));
  }
}

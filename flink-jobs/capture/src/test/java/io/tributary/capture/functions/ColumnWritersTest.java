package io.tributary.capture.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.data.Bits;
import io.debezium.data.EnumSet;
import io.debezium.data.Json;
import io.debezium.time.Date;
import io.debezium.time.MicroTime;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.Timestamp;
import io.debezium.time.Year;
import io.debezium.time.ZonedTimestamp;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.stream.Stream;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Decimal;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ColumnWritersTest {
  @ParameterizedTest(name = "{0}: {2} is written as {3}")
  @MethodSource
  void everyTypeHasOneText(String type, Schema schema, Object value, String json) throws Exception {
    assertThat(written(schema, value)).isEqualTo(json);
  }

  static Stream<Arguments> everyTypeHasOneText() {
    Schema zoned = ZonedTimestamp.builder().optional().build();
    return Stream.of(
        Arguments.of("TINYINT(1)", Schema.INT16_SCHEMA, (short) 1, "1"),
        Arguments.of("INT UNSIGNED", Schema.INT64_SCHEMA, 4_294_967_295L, "4294967295"),
        Arguments.of("BIGINT", Schema.INT64_SCHEMA, Long.MIN_VALUE, "-9223372036854775808"),
        Arguments.of(
            "BIGINT UNSIGNED",
            Decimal.schema(0),
            new BigDecimal("18446744073709551615"),
            "18446744073709551615"),
        Arguments.of("DECIMAL(12,2)", Schema.STRING_SCHEMA, "100.00", "\"100.00\""),
        Arguments.of("FLOAT", Schema.FLOAT32_SCHEMA, 1.2345678f, "1.23457"),
        Arguments.of("FLOAT", Schema.FLOAT32_SCHEMA, 1.23457f, "1.23457"),
        Arguments.of("DOUBLE", Schema.FLOAT64_SCHEMA, 1.2345678901234567, "1.2345678901234567"),
        Arguments.of("BIT(1)", Schema.BOOLEAN_SCHEMA, true, "true"),
        Arguments.of("BIT(10)", Bits.schema(10), new byte[] {(byte) 0xab, 2}, "\"qwI=\""),
        Arguments.of(
            "VARCHAR", Schema.STRING_SCHEMA, "naïve 😀 \"q\" \n", "\"naïve 😀 \\\"q\\\" \\n\""),
        Arguments.of("ENUM", io.debezium.data.Enum.schema("a,b"), "b", "\"b\""),
        Arguments.of("SET", EnumSet.schema("a,b,c"), "a,c", "\"a,c\""),
        Arguments.of("JSON", Json.schema(), "{\"a\": 1}", "\"{\\\"a\\\": 1}\""),
        Arguments.of(
            "BLOB",
            Schema.BYTES_SCHEMA,
            ByteBuffer.wrap(new byte[] {0, (byte) 255, 16}),
            "\"AP8Q\""),
        Arguments.of("YEAR", Year.schema(), 2025, "2025"),
        Arguments.of(
            "DATE", Date.schema(), (int) LocalDate.of(1000, 1, 1).toEpochDay(), "\"1000-01-01\""),
        Arguments.of("TIME", MicroTime.schema(), 37_800_000_000L, "\"10:30:00\""),
        Arguments.of("TIME(6)", MicroTime.schema(), 3_020_399_000_001L, "\"838:59:59.000001\""),
        Arguments.of(
            "DATETIME", Timestamp.schema(), 1_736_591_400_000L, "\"2025-01-11T10:30:00Z\""),
        Arguments.of("DATETIME(3)", Timestamp.schema(), -1L, "\"1969-12-31T23:59:59.999000Z\""),
        Arguments.of(
            "DATETIME(6)",
            MicroTimestamp.schema(),
            1_736_591_400_123_456L,
            "\"2025-01-11T10:30:00.123456Z\""),
        Arguments.of(
            "DATETIME(6)",
            MicroTimestamp.schema(),
            253_402_300_799_999_999L,
            "\"9999-12-31T23:59:59.999999Z\""),
        Arguments.of("TIMESTAMP", zoned, "2025-01-11T10:30:00Z", "\"2025-01-11T10:30:00Z\""),
        Arguments.of(
            "TIMESTAMP(6)",
            zoned,
            "2025-01-11T12:30:00.12+02:00",
            "\"2025-01-11T10:30:00.120000Z\""),
        Arguments.of("zero TIMESTAMP", zoned, "1970-01-01T00:00:00Z", "null"),
        Arguments.of(
            "zero TIMESTAMP NOT NULL", ZonedTimestamp.schema(), "1970-01-01T00:00:00Z", "null"));
  }

  @Test
  void aTimeBelowZeroStopsCapture() {
    assertThatThrownBy(() -> written(MicroTime.schema(), -1_000_000L))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("column c")
        .hasMessageContaining("-00:00:01");
  }

  @Test
  void anUnknownTypeIsNamedBeforeAnythingIsWritten() {
    Schema point = SchemaBuilder.struct().name("io.debezium.data.geometry.Point").build();
    assertThatThrownBy(() -> ColumnWriters.forSchema("place", point))
        .hasMessageContaining("column place")
        .hasMessageContaining("io.debezium.data.geometry.Point");
  }

  private static String written(Schema schema, Object value) throws Exception {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      ColumnWriters.forSchema("c", schema).write(json, value);
    }
    return text.toString();
  }
}

package io.tributary.capture.functions;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.debezium.data.Bits;
import io.debezium.data.EnumSet;
import io.debezium.data.Json;
import io.debezium.time.Date;
import io.debezium.time.MicroTime;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.Timestamp;
import io.debezium.time.Year;
import io.debezium.time.ZonedTimestamp;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoField;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Decimal;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;

/**
 * How each type of column is written as JSON.
 *
 * <p>The source is set up (see {@code MySqlTables}) so that the Connect schema of a column tells
 * its type without doubt: DECIMAL arrives as text, so a {@link Decimal} is always a BIGINT
 * UNSIGNED.
 */
final class ColumnWriters {
  private static final MathContext FLOAT_DIGITS = new MathContext(6, RoundingMode.HALF_EVEN);

  private ColumnWriters() {}

  /** Writes one value, never null, of one column. */
  interface ColumnWriter {
    void write(JsonGenerator json, Object value) throws IOException;
  }

  /**
   * The writer for a column.
   *
   * @throws IllegalArgumentException for a type without a writer; preflight refuses such columns
   */
  static ColumnWriter forSchema(String column, Schema schema) {
    ColumnWriter writer = schema.name() == null ? plain(schema.type()) : logical(column, schema);
    if (writer == null) {
      throw new IllegalArgumentException(
          "column %s has a type that capture cannot write: %s %s"
              .formatted(column, schema.type(), schema.name()));
    }
    return writer;
  }

  private static ColumnWriter plain(Schema.Type type) {
    return switch (type) {
      case INT8, INT16, INT32, INT64 ->
          (json, value) -> json.writeNumber(((Number) value).longValue());
      case FLOAT32 -> (json, value) -> json.writeNumber(asPrinted((Float) value));
      case FLOAT64 -> (json, value) -> json.writeNumber((Double) value);
      case BOOLEAN -> (json, value) -> json.writeBoolean((Boolean) value);
      case STRING -> (json, value) -> json.writeString((String) value);
      case BYTES -> ColumnWriters::writeBytes;
      default -> null;
    };
  }

  private static ColumnWriter logical(String column, Schema schema) {
    return switch (schema.name()) {
      case Decimal.LOGICAL_NAME ->
          (json, value) -> json.writeNumber(((BigDecimal) value).toBigIntegerExact());
      case Date.SCHEMA_NAME -> (json, value) -> json.writeString(IsoText.date((Integer) value));
      case Timestamp.SCHEMA_NAME ->
          (json, value) ->
              json.writeString(IsoText.instant(Math.multiplyExact((Long) value, 1000L)));
      case MicroTimestamp.SCHEMA_NAME ->
          (json, value) -> json.writeString(IsoText.instant((Long) value));
      case ZonedTimestamp.SCHEMA_NAME -> ColumnWriters::writeTimestamp;
      case MicroTime.SCHEMA_NAME -> time(column);
      case Year.SCHEMA_NAME -> (json, value) -> json.writeNumber(year((Integer) value));
      case Json.LOGICAL_NAME, io.debezium.data.Enum.LOGICAL_NAME, EnumSet.LOGICAL_NAME ->
          (json, value) -> json.writeString((String) value);
      case Bits.LOGICAL_NAME -> ColumnWriters::writeBytes;
      default -> null;
    };
  }

  /** YEAR has 0000 and 1901 to 2155; the binlog keeps years since 1900, and so 0000 as 1900. */
  private static int year(int value) {
    return value == 1900 ? 0 : value;
  }

  /** Six digits, as MySQL prints a FLOAT: the snapshot has no more of it, the binlog would have. */
  private static float asPrinted(float value) {
    return new BigDecimal(value).round(FLOAT_DIGITS).floatValue();
  }

  /** MySQL stores its zero timestamp as 0, which no real timestamp is; its snapshot gives none. */
  private static void writeTimestamp(JsonGenerator json, Object value) throws IOException {
    long micros = micros(OffsetDateTime.parse((String) value));
    if (micros == 0) {
      json.writeNull();
    } else {
      json.writeString(IsoText.instant(micros));
    }
  }

  /** The binlog reader gets times below zero wrong (-10:00:00 as -10:04:03): stop, do not guess. */
  private static ColumnWriter time(String column) {
    return (json, value) -> {
      long micros = (Long) value;
      if (micros < 0) {
        throw new SuppressRestartsException(
            new IllegalStateException(
                "Capture stopped: column %s holds a TIME below zero (%s), which the binlog reader cannot read exactly. Leave the table out, or keep such spans as a number, in the warehouse's table, too; then raise the setting `snapshot` by one and run `make up`."
                    .formatted(column, IsoText.span(micros))));
      }
      json.writeString(IsoText.span(micros));
    };
  }

  private static void writeBytes(JsonGenerator json, Object value) throws IOException {
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      json.writeBinary(bytes);
    } else {
      json.writeBinary((byte[]) value);
    }
  }

  private static long micros(OffsetDateTime time) {
    Instant instant = time.toInstant();
    return SECONDS.toMicros(instant.getEpochSecond()) + instant.get(ChronoField.MICRO_OF_SECOND);
  }
}

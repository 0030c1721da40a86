package io.tributary.clickhouse.rowbinary;

import io.tributary.clickhouse.schema.TypeExpression;
import java.io.IOException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser.NumberType;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * The writer of each column type. What a column cannot hold exactly is refused: ClickHouse itself
 * would wrap, cut or round it without a word.
 */
public final class ValueWriters {
  private static final int MAX_UINT16 = 0xFFFF;
  private static final long MAX_UINT32 = 0xFFFF_FFFFL;

  /** 1900-01-01 and the day after 2299-12-31, the range of Date32 and DateTime64, in days. */
  private static final long FIRST_DAY = -25_567;

  private static final long END_DAY = 120_530;

  private ValueWriters() {}

  /**
   * The writer for a type.
   *
   * @param type as {@code system.columns} spells it
   * @throws IllegalArgumentException if rows cannot bring this type
   */
  public static ValueWriter of(String type) {
    return of(TypeExpression.parse(type));
  }

  private static ValueWriter of(TypeExpression type) {
    return switch (type.name()) {
      case "Nullable" -> nullable(TypeExpression.parse(type.arguments().get(0)));
      // In RowBinary a LowCardinality column looks like the plain one.
      case "LowCardinality" -> of(type.arguments().get(0));
      default -> notNull(type.toString(), plain(type));
    };
  }

  private static ValueWriter nullable(TypeExpression inner) {
    ValueWriter plain = plain(inner);
    return (json, out) -> {
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        out.int8(1);
      } else {
        out.int8(0);
        plain.write(json, out);
      }
    };
  }

  private static ValueWriter notNull(String type, ValueWriter plain) {
    return (json, out) -> {
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        throw new BadValueException("NULL, but the column is " + type);
      }
      plain.write(json, out);
    };
  }

  private static ValueWriter plain(TypeExpression type) {
    return switch (type.name()) {
      case "Int8" -> (json, out) -> out.int8((int) integer(json, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case "Int16" ->
          (json, out) -> out.int16((int) integer(json, Short.MIN_VALUE, Short.MAX_VALUE));
      case "Int32" ->
          (json, out) -> out.int32((int) integer(json, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case "Int64" -> (json, out) -> out.int64(integer(json, Long.MIN_VALUE, Long.MAX_VALUE));
      case "UInt8" -> (json, out) -> out.int8((int) integer(json, 0, 0xFF));
      case "UInt16" -> (json, out) -> out.int16((int) integer(json, 0, MAX_UINT16));
      case "UInt32" -> (json, out) -> out.int32((int) integer(json, 0, MAX_UINT32));
      case "UInt64" -> (json, out) -> out.int64(unsignedLong(json));
      case "Bool" -> (json, out) -> out.int8((int) integer(json, 0, 1));
      case "Float32" ->
          (json, out) ->
              out.int32(Float.floatToRawIntBits((float) floating(json, Float.MAX_VALUE)));
      case "Float64" ->
          (json, out) -> out.int64(Double.doubleToRawLongBits(floating(json, Double.MAX_VALUE)));
      case "Decimal" -> decimal(type.intArgument(0), type.intArgument(1));
      case "String" -> ValueWriters::string;
      case "FixedString" -> fixedString(type.intArgument(0));
      case "Date" -> date(0, MAX_UINT16, RowBuffer::int16);
      case "Date32" -> date(FIRST_DAY, END_DAY - 1, RowBuffer::int32);
      case "DateTime" -> ValueWriters::dateTime;
      case "DateTime64" -> dateTime64(type.intArgument(0));
      case "Enum8" -> enumeration(type.arguments(), RowBuffer::int8);
      case "Enum16" -> enumeration(type.arguments(), RowBuffer::int16);
      case "UUID" -> ValueWriters::uuid;
      default -> throw new IllegalArgumentException("type %s is not supported".formatted(type));
    };
  }

  @FunctionalInterface
  private interface IntSink {
    void accept(RowBuffer out, int value);
  }

  private static long integer(JsonParser json, long min, long max)
      throws IOException, BadValueException {
    switch (json.currentToken()) {
      case VALUE_NUMBER_INT:
        if (json.getNumberType() != NumberType.BIG_INTEGER) {
          long value = json.getLongValue();
          if (value >= min && value <= max) {
            return value;
          }
        }
        throw new BadValueException(
            "%s is outside %d..%d".formatted(BadValueException.quote(json), min, max));
      // MySQL's BIT(1) arrives as a boolean.
      case VALUE_TRUE:
        return 1;
      case VALUE_FALSE:
        return 0;
      default:
        throw unexpected(json, "a whole number");
    }
  }

  private static long unsignedLong(JsonParser json) throws IOException, BadValueException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() == NumberType.BIG_INTEGER) {
      BigInteger value = json.getBigIntegerValue();
      if (value.signum() > 0 && value.bitLength() <= Long.SIZE) {
        return value.longValue();
      }
      throw new BadValueException("%s does not fit UInt64".formatted(value));
    }
    return integer(json, 0, Long.MAX_VALUE);
  }

  /** The nearest number that there is; none beyond the largest, which would become infinity. */
  private static double floating(JsonParser json, double largest)
      throws IOException, BadValueException {
    if (!json.currentToken().isNumeric()) {
      throw unexpected(json, "a number");
    }
    double value = json.getDoubleValue();
    if (Math.abs(value) > largest) {
      throw new BadValueException(
          "%s is beyond %s".formatted(BadValueException.quote(json), largest));
    }
    return value;
  }

  private static ValueWriter decimal(int precision, int scale) {
    return (json, out) -> {
      if (json.currentToken() != JsonToken.VALUE_STRING && !json.currentToken().isNumeric()) {
        throw unexpected(json, "a decimal number");
      }
      DecimalText.write(
          json.getTextCharacters(),
          json.getTextOffset(),
          json.getTextLength(),
          precision,
          scale,
          out);
    };
  }

  private static void string(JsonParser json, RowBuffer out) throws IOException, BadValueException {
    requireText(json);
    char[] chars = json.getTextCharacters();
    int offset = json.getTextOffset();
    int length = json.getTextLength();
    out.varUInt(utf8Length(chars, offset, length));
    out.utf8(chars, offset, length);
  }

  private static ValueWriter fixedString(int width) {
    return (json, out) -> {
      requireText(json);
      char[] chars = json.getTextCharacters();
      int offset = json.getTextOffset();
      int length = json.getTextLength();
      int bytes = utf8Length(chars, offset, length);
      if (bytes > width) {
        throw new BadValueException(
            "text of %d bytes does not fit FixedString(%d)".formatted(bytes, width));
      }
      out.utf8(chars, offset, length);
      out.fill(0, width - bytes);
    };
  }

  private static int utf8Length(char[] chars, int offset, int length) throws BadValueException {
    int bytes = RowBuffer.utf8Length(chars, offset, length);
    if (bytes < 0) {
      throw new BadValueException("text with half a surrogate pair");
    }
    return bytes;
  }

  private static ValueWriter date(long min, long max, IntSink sink) {
    return (json, out) -> {
      requireString(json, "a date");
      long day =
          TemporalText.epochDay(
              json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      requireRange(json, day, min, max);
      sink.accept(out, (int) day);
    };
  }

  private static void dateTime(JsonParser json, RowBuffer out)
      throws IOException, BadValueException {
    long seconds = ticks(json, 0);
    requireRange(json, seconds, 0, MAX_UINT32);
    out.int32((int) seconds);
  }

  private static ValueWriter dateTime64(int digits) {
    long ticksPerDay = TemporalText.SECONDS_PER_DAY * TemporalText.powerOfTen(digits);
    long min = FIRST_DAY * ticksPerDay;
    // Nanoseconds in a long end in 2262, before the type's own end.
    long max = END_DAY > Long.MAX_VALUE / ticksPerDay ? Long.MAX_VALUE : END_DAY * ticksPerDay - 1;
    return (json, out) -> {
      long ticks = ticks(json, digits);
      requireRange(json, ticks, min, max);
      out.int64(ticks);
    };
  }

  private static long ticks(JsonParser json, int digits) throws IOException, BadValueException {
    requireString(json, "a time");
    try {
      return TemporalText.epochTicks(
          json.getTextCharacters(), json.getTextOffset(), json.getTextLength(), digits);
    } catch (ArithmeticException e) {
      throw outOfRange(json);
    }
  }

  private static void requireRange(JsonParser json, long value, long min, long max)
      throws IOException, BadValueException {
    if (value < min || value > max) {
      throw outOfRange(json);
    }
  }

  private static BadValueException outOfRange(JsonParser json) throws IOException {
    return new BadValueException(
        "%s is outside what the column can hold".formatted(BadValueException.quote(json)));
  }

  private static ValueWriter enumeration(List<String> members, IntSink sink) {
    Map<String, Integer> values = new HashMap<>();
    for (String member : members) {
      int equals = member.lastIndexOf('=');
      values.put(
          unquote(member.substring(0, equals).trim()),
          Integer.valueOf(member.substring(equals + 1).trim()));
    }
    return (json, out) -> {
      requireString(json, "one of " + values.keySet());
      Integer value = values.get(json.getText());
      if (value == null) {
        throw new BadValueException(
            "%s is none of %s".formatted(BadValueException.quote(json), values.keySet()));
      }
      sink.accept(out, value);
    };
  }

  private static String unquote(String literal) {
    return literal.substring(1, literal.length() - 1).replace("\\'", "'").replace("\\\\", "\\");
  }

  private static void uuid(JsonParser json, RowBuffer out) throws IOException, BadValueException {
    requireString(json, "a UUID");
    UUID uuid;
    try {
      uuid = UUID.fromString(json.getText());
    } catch (IllegalArgumentException e) {
      throw new BadValueException("%s is not a UUID".formatted(BadValueException.quote(json)));
    }
    // ClickHouse keeps a UUID as two little-endian halves, the high one first.
    out.int64(uuid.getMostSignificantBits());
    out.int64(uuid.getLeastSignificantBits());
  }

  private static void requireString(JsonParser json, String what)
      throws IOException, BadValueException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw unexpected(json, what);
    }
  }

  /** A text column takes any single value: a number's own spelling is exact. */
  private static void requireText(JsonParser json) throws IOException, BadValueException {
    if (!json.currentToken().isScalarValue()) {
      throw unexpected(json, "text");
    }
  }

  private static BadValueException unexpected(JsonParser json, String wanted) throws IOException {
    return new BadValueException("%s is not %s".formatted(BadValueException.quote(json), wanted));
  }
}

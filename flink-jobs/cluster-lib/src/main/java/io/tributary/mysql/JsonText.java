package io.tributary.mysql;

import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import com.github.shyiko.mysql.binlog.event.deserialization.json.JsonBinary;
import com.github.shyiko.mysql.binlog.event.deserialization.json.JsonFormatter;
import io.debezium.data.Json;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Base64;
import java.util.Properties;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Writes JSON as MySQL prints it, and so as a snapshot has it, where the binlog has it in MySQL's
 * own binary form.
 *
 * <p>What the source makes of it by itself is another text, and for some values another value: a
 * number such as {@code 12345678.9} gets forty digits more, a time below zero loses its sign, and
 * times lose the zeros at their end.
 *
 * <p>To be named in the source's property {@code converters}; made by the source's own class
 * loader, so it lies beside the source in the cluster's {@code lib} folder.
 */
public final class JsonText implements CustomConverter<SchemaBuilder, RelationalColumn> {
  @Override
  public void configure(Properties properties) {
    // There is nothing to choose.
  }

  @Override
  public void converterFor(
      RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
    if (column.typeName().equalsIgnoreCase("JSON")) {
      SchemaBuilder schema = column.isOptional() ? Json.builder().optional() : Json.builder();
      registration.register(
          schema, value -> value instanceof byte[] binary ? textOf(binary) : value);
    }
  }

  /**
   * The text of a value.
   *
   * @param binary as MySQL stores it; nothing at all stands for {@code null}, as in a column that
   *     was added to rows which were there
   */
  static String textOf(byte[] binary) {
    if (binary.length == 0) {
      return "null";
    }
    Printer printer = new Printer();
    try {
      new Value(binary).parse(printer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return printer.text.toString();
  }

  private static final class Value extends JsonBinary {
    private static final int MICROS_BITS = 24;

    Value(byte[] binary) {
      super(binary);
    }

    /** The reader's own takes the sign for a part of the hours, and the minutes apart with it. */
    @Override
    protected void parseTime(JsonFormatter printer) throws IOException {
      long raw = readInt64();
      long packed = Math.abs(raw);
      long seconds = packed >> MICROS_BITS;
      ((Printer) printer)
          .time(
              raw < 0,
              (int) (seconds >> 12) & 0x3FF,
              (int) (seconds >> 6) & 0x3F,
              (int) seconds & 0x3F,
              (int) packed & 0xFFFFFF);
    }
  }

  private static final class Printer implements JsonFormatter {
    /** Powers of ten up to which MySQL writes a number without an exponent. */
    private static final int LONGEST_PLAIN = 15;

    /** MySQL breaks the lines of Base64. */
    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(76, new byte[] {'\n'});

    /** Digits that tell every double from its neighbours. */
    private static final int DOUBLE_DIGITS = 17;

    private final StringBuilder text = new StringBuilder();

    @Override
    public void beginObject(int members) {
      text.append('{');
    }

    @Override
    public void beginArray(int elements) {
      text.append('[');
    }

    @Override
    public void endObject() {
      text.append('}');
    }

    @Override
    public void endArray() {
      text.append(']');
    }

    @Override
    public void nextEntry() {
      text.append(", ");
    }

    @Override
    public void name(String name) {
      value(name);
      text.append(": ");
    }

    @Override
    public void value(String value) {
      text.append('"');
      value.chars().forEach(this::character);
      text.append('"');
    }

    private void character(int character) {
      switch (character) {
        case '"', '\\' -> text.append('\\').append((char) character);
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (character < ' ') {
            text.append("\\u%04x".formatted(character));
          } else {
            text.append((char) character);
          }
        }
      }
    }

    @Override
    public void value(int value) {
      text.append(value);
    }

    @Override
    public void value(long value) {
      text.append(value);
    }

    @Override
    public void value(BigInteger value) {
      text.append(value);
    }

    @Override
    public void value(BigDecimal value) {
      text.append(value.toPlainString());
    }

    @Override
    public void value(boolean value) {
      text.append(value);
    }

    @Override
    public void valueNull() {
      text.append("null");
    }

    /** With the fewest digits that stand for this number, and a sign that it is no integer. */
    @Override
    public void value(double value) {
      if (value < 0 || 1 / value < 0) {
        text.append('-');
      }
      BigDecimal shortest = shortest(Math.abs(value)).stripTrailingZeros();
      String digits = shortest.unscaledValue().toString();
      // As many of them stand before the point.
      int whole = value == 0 ? 1 : shortest.precision() - shortest.scale();
      boolean integer = shortest.scale() <= 0;
      if (whole > LONGEST_PLAIN && integer || whole < 1 - LONGEST_PLAIN) {
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
          text.append('.').append(digits, 1, digits.length());
        }
        text.append('e').append(whole - 1);
      } else {
        text.append(shortest.toPlainString());
        if (integer) {
          text.append(".0");
        }
      }
    }

    /** Java's own text has, before version 19, now and then a digit too many. */
    private static BigDecimal shortest(double value) {
      BigDecimal exact = new BigDecimal(value);
      int digits = Math.min(new BigDecimal(Double.toString(value)).precision(), DOUBLE_DIGITS);
      BigDecimal found = rounded(exact, digits);
      while (digits > 1 && rounded(exact, digits - 1).doubleValue() == value) {
        found = rounded(exact, --digits);
      }
      return found.doubleValue() == value ? found : new BigDecimal(Double.toString(value));
    }

    private static BigDecimal rounded(BigDecimal exact, int digits) {
      return exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    }

    @Override
    public void valueYear(int year) {
      text.append(year);
    }

    @Override
    public void valueDate(int year, int month, int day) {
      text.append("\"%04d-%02d-%02d\"".formatted(year, month, day));
    }

    @Override
    public void valueDatetime(
        int year, int month, int day, int hour, int minute, int second, int micros) {
      text.append(
          "\"%04d-%02d-%02d %02d:%02d:%02d.%06d\""
              .formatted(year, month, day, hour, minute, second, micros));
    }

    @Override
    public void valueTime(int hour, int minute, int second, int micros) {
      time(hour < 0, Math.abs(hour), minute, second, micros);
    }

    void time(boolean negative, int hour, int minute, int second, int micros) {
      text.append(
          "\"%s%02d:%02d:%02d.%06d\"".formatted(negative ? "-" : "", hour, minute, second, micros));
    }

    /** The reader takes a TIMESTAMP for a DATETIME, which is how MySQL prints it. */
    @Override
    public void valueTimestamp(long seconds, int micros) {
      throw new UnsupportedOperationException("a timestamp in JSON");
    }

    @Override
    public void valueOpaque(ColumnType type, byte[] value) {
      value("base64:type%d:%s".formatted(type.getCode(), BASE64.encodeToString(value)));
    }
  }
}

package io.tributary.mysql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The texts are those that MySQL 9.7 prints. */
class JsonTextTest {
  private static final int ARRAY = 0x02;
  private static final int OBJECT = 0x00;
  private static final int LITERAL = 0x04;
  private static final int INT16 = 0x05;
  private static final int UINT64 = 0x0a;
  private static final int DOUBLE = 0x0b;
  private static final int STRING = 0x0c;
  private static final int OPAQUE = 0x0f;

  private static final int DATE = 10;
  private static final int TIME = 11;
  private static final int DATETIME = 12;
  private static final int VARCHAR = 15;
  private static final int DECIMAL = 246;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0",
        "-0.0",
        "1.0",
        "-1.5",
        "19.99",
        "100.0",
        "0.1",
        "0.30000000000000004",
        "12345678.9",
        "10000000000.0",
        "100000000000000.0",
        "1e15",
        "1.2e15",
        "1.234567890123457e15",
        "9.007199254740992e15",
        "1000000000000000.5",
        "1e16",
        "1.2345678901234566e17",
        "2e23",
        "1e100",
        "1.7976931348623157e308",
        "0.00001",
        "0.00000000000001",
        "0.000000000000001",
        "0.0000000000000012345678901234568",
        "-0.00000000000000123456789",
        "1e-16",
        "1.2345678901234568e-16",
        "5e-324",
      })
  void aNumberHasTheFewestDigitsThatStandForIt(String text) {
    assertThat(JsonText.textOf(number(Double.parseDouble(text)))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "false, 10, 30, 15, 500000, 10:30:15.500000",
    "true, 10, 30, 15, 500000, -10:30:15.500000",
    "true, 0, 0, 0, 1, -00:00:00.000001",
    "true, 10, 0, 0, 0, -10:00:00.000000",
    "false, 838, 59, 59, 0, 838:59:59.000000",
    "false, 0, 0, 0, 0, 00:00:00.000000",
  })
  void aTimeHasItsSignAndSixDigits(
      boolean negative, int hour, int minute, int second, int micros, String text) {
    long packed = ((long) hour << 12 | minute << 6 | second) << 24 | micros;
    assertThat(JsonText.textOf(temporal(TIME, negative ? -packed : packed)))
        .isEqualTo('"' + text + '"');
  }

  @Test
  void aDateAndATimeOfADayAreWholeToo() {
    long day = (2026L * 13 + 1) << 5 | 2;
    assertThat(JsonText.textOf(temporal(DATE, day << 41))).isEqualTo("\"2026-01-02\"");
    long ten = (day << 17 | 10 << 12) << 24;
    assertThat(JsonText.textOf(temporal(DATETIME, ten)))
        .isEqualTo("\"2026-01-02 10:00:00.000000\"");
    assertThat(JsonText.textOf(temporal(DATETIME, ten | 500_000)))
        .isEqualTo("\"2026-01-02 10:00:00.500000\"");
  }

  @Test
  void aDecimalKeepsItsZeros() {
    // 1.50 in three digits, two of them behind the point.
    assertThat(JsonText.textOf(opaque(DECIMAL, new byte[] {3, 2, (byte) 0x81, 50})))
        .isEqualTo("1.50");
  }

  @Test
  void aTextIsEscapedWhereItMustBe() {
    assertThat(JsonText.textOf(string("\u0001\u001f\u007f\"\\/\b\f\n\r\té😀")))
        .isEqualTo("\"\\u0001\\u001f\u007f\\\"\\\\/\\b\\f\\n\\r\\té😀\"");
  }

  @Test
  void bytesTellTheirTypeAndBreakTheirLines() {
    assertThat(JsonText.textOf(opaque(VARCHAR, new byte[] {0, (byte) 0xff})))
        .isEqualTo("\"base64:type15:AP8=\"");
    assertThat(JsonText.textOf(opaque(VARCHAR, "x".repeat(60).getBytes(UTF_8))))
        .isEqualTo("\"base64:type15:" + "eHh4".repeat(19) + "\\n" + "eHh4" + "\"");
  }

  @Test
  void whatIsInsideIsSetApartByBlanks() {
    // [null, true, 7]
    byte[] array = {ARRAY, 3, 0, 13, 0, LITERAL, 0, 0, LITERAL, 1, 0, INT16, 7, 0};
    assertThat(JsonText.textOf(array)).isEqualTo("[null, true, 7]");
    // {"a": 1, "b": 2}
    byte[] object = {
      OBJECT, 2, 0, 20, 0, 18, 0, 1, 0, 19, 0, 1, 0, INT16, 1, 0, INT16, 2, 0, 'a', 'b'
    };
    assertThat(JsonText.textOf(object)).isEqualTo("{\"a\": 1, \"b\": 2}");
    assertThat(JsonText.textOf(new byte[] {UINT64, -1, -1, -1, -1, -1, -1, -1, -1}))
        .isEqualTo("18446744073709551615");
    assertThat(JsonText.textOf(new byte[0])).isEqualTo("null");
  }

  private static byte[] number(double value) {
    return littleEndian(9).put((byte) DOUBLE).putDouble(value).array();
  }

  private static byte[] temporal(int type, long packed) {
    return opaque(type, littleEndian(8).putLong(packed).array());
  }

  private static byte[] string(String value) {
    byte[] bytes = value.getBytes(UTF_8);
    return littleEndian(2 + bytes.length)
        .put((byte) STRING)
        .put((byte) bytes.length)
        .put(bytes)
        .array();
  }

  private static byte[] opaque(int type, byte[] value) {
    return littleEndian(3 + value.length)
        .put((byte) OPAQUE)
        .put((byte) type)
        .put((byte) value.length)
        .put(value)
        .array();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}

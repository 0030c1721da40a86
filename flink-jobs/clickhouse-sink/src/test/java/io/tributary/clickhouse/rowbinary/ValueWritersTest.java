package io.tributary.clickhouse.rowbinary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HexFormat;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueWritersTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Int8                       | -128                             | 80
          Int8                       | true                             | 01
          Int16                      | -2                               | feff
          Int32                      | 2147483647                       | ffffff7f
          Int64                      | -9223372036854775808             | 0000000000000080
          UInt8                      | 255                              | ff
          UInt16                     | 65535                            | ffff
          UInt32                     | 4294967295                       | ffffffff
          UInt64                     | 18446744073709551615             | ffffffffffffffff
          UInt64                     | 1                                | 0100000000000000
          Bool                       | true                             | 01
          Bool                       | 0                                | 00
          Float32                    | 1.5                              | 0000c03f
          Float64                    | -2                               | 00000000000000c0
          Decimal(9, 2)              | "-1.00"                          | 9cffffff
          Decimal(12, 2)             | "100.00"                         | 1027000000000000
          Decimal(12, 2)             | 100.5                            | 4227000000000000
          Decimal(38, 0)             | "-1"                             | ffffffffffffffffffffffffffffffff
          String                     | "é"                              | 02c3a9
          String                     | ""                               | 00
          String                     | 12.50                            | 0531322e3530
          LowCardinality(String)     | "a"                              | 0161
          FixedString(3)             | "ab"                             | 616200
          Date                       | "1970-01-02"                     | 0100
          Date                       | "2149-06-06"                     | ffff
          Date32                     | "1969-12-31"                     | ffffffff
          DateTime                   | "2106-02-07T06:28:15Z"           | ffffffff
          DateTime('UTC')            | "1970-01-01T00:00:01Z"           | 01000000
          DateTime64(3, 'UTC')       | "1970-01-01T00:00:00.001Z"       | 0100000000000000
          DateTime64(6, 'UTC')       | "1969-12-31T23:59:59.999999Z"    | ffffffffffffffff
          DateTime64(9, 'UTC')       | "1970-01-01T00:00:00.000000001Z" | 0100000000000000
          Enum8('a' = -1, 'b c' = 2) | "a"                              | ff
          Enum16('it\\'s' = 258)     | "it's"                           | 0201
          UUID                       | "00010203-0405-0607-0809-0a0b0c0d0e0f" | 07060504030201000f0e0d0c0b0a0908
          Nullable(Int8)             | null                             | 01
          Nullable(Int8)             | 7                                | 0007
          LowCardinality(Nullable(String)) | null                       | 01
          """)
  void writes(String type, String json, String hex) throws Exception {
    assertThat(HexFormat.of().formatHex(write(type, json))).isEqualTo(hex);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Int8                  | 128                      | "128" is outside -128..127
          Int64                 | 9223372036854775808      | outside
          Int64                 | 1.5                      | is not a whole number
          Int64                 | "1"                      | is not a whole number
          UInt8                 | -1                       | outside
          UInt64                | -1                       | outside
          UInt64                | 18446744073709551616     | does not fit UInt64
          UInt64                | -99999999999999999999    | does not fit UInt64
          Bool                  | 2                        | outside
          Float64               | "x"                      | is not a number
          Decimal(12, 2)        | "1.005"                  | more than the column's 2 decimals
          Decimal(12, 2)        | true                     | is not a decimal number
          String                | {"a":1}                  | is not text
          String                | [1]                      | is not text
          FixedString(2)        | "ééé"                    | 6 bytes does not fit FixedString(2)
          Date                  | "1969-12-31"             | outside what the column can hold
          Date                  | 5                        | is not a date
          Date32                | "2300-01-01"             | outside what the column can hold
          DateTime              | "1969-12-31T23:59:59Z"   | outside what the column can hold
          DateTime              | "2106-02-07T06:28:16Z"   | outside what the column can hold
          DateTime64(6, 'UTC')  | "1899-12-31T23:59:59Z"   | outside what the column can hold
          DateTime64(6, 'UTC')  | "2300-01-01T00:00:00Z"   | outside what the column can hold
          DateTime64(9, 'UTC')  | "2263-01-01T00:00:00Z"   | outside what the column can hold
          DateTime64(9, 'UTC')  | "9999-12-31T00:00:00Z"   | outside what the column can hold
          DateTime64(6, 'UTC')  | "0000-00-00T00:00:00Z"   | is not a date
          Enum8('a' = 1)        | "b"                      | "b" is none of [a]
          UUID                  | "x"                      | is not a UUID
          Int64                 | null                     | NULL, but the column is Int64
          """)
  void refuses(String type, String json, String reason) {
    assertThatThrownBy(() -> write(type, json))
        .isInstanceOf(BadValueException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void refusesHalfASurrogatePair() {
    assertThatThrownBy(() -> write("String", "\"\\ud83d\""))
        .isInstanceOf(BadValueException.class)
        .hasMessageContaining("surrogate");
  }

  @Test
  void quotesOnlyTheStartOfALongValue() {
    assertThatThrownBy(() -> write("Int64", '"' + "x".repeat(10_000) + '"'))
        .message()
        .hasSizeLessThan(150)
        .contains("(10000 characters)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Array(Int8)", "Nullable(Tuple(Int8))", "IPv4", "Int256"})
  void namesATypeItCannotWrite(String type) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ValueWriters.of(type))
        .withMessageContaining("is not supported");
  }

  private static byte[] write(String type, String json) throws IOException, BadValueException {
    RowBuffer out = new RowBuffer();
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      ValueWriters.of(type).write(parser, out);
    }
    return out.toByteArray();
  }
}

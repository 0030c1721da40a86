package io.tributary.clickhouse.testing;

import io.tributary.clickhouse.schema.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads rows in RowBinaryWithDefaults back, for the column types that the tests use. */
public final class RowDecoder {
  private RowDecoder() {}

  /** The rows of a table whose columns all come, in the table's order. */
  public static List<Map<String, Object>> decode(List<Column> columns, byte[] rows) {
    return decode(columns, columns.stream().map(Column::name).toList(), rows);
  }

  /**
   * The rows of a table, each a map from column to value. Columns that ask for their default are
   * not in it.
   *
   * @param columns the table's columns
   * @param names the columns that come, in row order
   * @throws RuntimeException if the bytes are not rows of this table to the last one
   */
  public static List<Map<String, Object>> decode(
      List<Column> columns, List<String> names, byte[] rows) {
    ByteBuffer in = ByteBuffer.wrap(rows).order(ByteOrder.LITTLE_ENDIAN);
    Map<String, String> types =
        columns.stream().collect(Collectors.toMap(Column::name, Column::type));
    List<Map<String, Object>> decoded = new ArrayList<>();
    while (in.hasRemaining()) {
      Map<String, Object> row = new LinkedHashMap<>();
      for (String name : names) {
        boolean hasValue = in.get() == 0;
        if (hasValue) {
          row.put(name, value(types.get(name), in));
        }
      }
      decoded.add(row);
    }
    return decoded;
  }

  private static Object value(String type, ByteBuffer in) {
    return switch (type) {
      case "UInt8" -> in.get();
      case "Int32" -> in.getInt();
      case "Int64", "UInt64", "Decimal(12, 2)", "DateTime64(3, 'UTC')", "DateTime64(6, 'UTC')" ->
          in.getLong();
      case "String", "LowCardinality(String)" -> text(in);
      case "Nullable(String)" -> in.get() == 1 ? null : text(in);
      default -> throw new IllegalArgumentException("the tests do not know " + type);
    };
  }

  private static String text(ByteBuffer in) {
    int length = 0;
    int shift = 0;
    byte part;
    do {
      part = in.get();
      length |= (part & 0x7F) << shift;
      shift += 7;
    } while (part < 0);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

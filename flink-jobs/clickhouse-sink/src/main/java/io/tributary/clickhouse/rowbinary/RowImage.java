package io.tributary.clickhouse.rowbinary;

import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * One row, read from a JSON object whose fields are columns in any order, and written in the order
 * of the table. Used again for row after row. Not thread-safe.
 *
 * <p>The target format is RowBinaryWithDefaults, where each value follows a byte that says whether
 * the table's own default shall stand instead. So columns that the object does not name get the
 * default of the table, as rows do that were there before the column was added.
 */
public final class RowImage {
  private static final int EVERY_COLUMN = -1;
  private static final int ABSENT = -1;
  private static final int VALUE_FOLLOWS = 0;
  private static final int USE_DEFAULT = 1;

  private final TableSchema schema;
  private final FieldNames columns;
  private final ValueWriter[] writers;
  private final RowBuffer cells = new RowBuffer();
  private final int[] starts;
  private final int[] ends;

  /**
   * An empty row of a table.
   *
   * @throws SchemaMismatchException naming every column whose type rows cannot bring
   */
  public RowImage(TableSchema schema) {
    this.schema = schema;
    this.columns = new FieldNames(schema.columns().stream().map(Column::name).toList());
    this.writers = writersFor(schema);
    this.starts = new int[writers.length];
    this.ends = new int[writers.length];
    clear();
  }

  private static ValueWriter[] writersFor(TableSchema schema) {
    List<String> problems = new ArrayList<>();
    List<ValueWriter> writers = new ArrayList<>();
    for (Column column : schema.columns()) {
      try {
        writers.add(ValueWriters.of(column.type()));
      } catch (IllegalArgumentException e) {
        problems.add("%s: %s".formatted(column.name(), e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      throw new SchemaMismatchException(
          "table %s has columns that cannot be written: %s"
              .formatted(schema.quotedName(), String.join("; ", problems)));
    }
    return writers.toArray(ValueWriter[]::new);
  }

  /** Forgets the row. */
  public void clear() {
    cells.clear();
    Arrays.fill(starts, ABSENT);
  }

  /** Whether the row has a value for a column; NULL is one. */
  public boolean has(int column) {
    return starts[column] != ABSENT;
  }

  /** Whether both rows have the same value in a column. */
  public boolean sameValue(int column, RowImage other) {
    return cells.rangeEquals(
        starts[column], ends[column], other.cells, other.starts[column], other.ends[column]);
  }

  /**
   * Reads a row. The parser stands at the object's start and is left at its end.
   *
   * @throws UnwritableException naming the column whose value does not fit
   * @throws SchemaMismatchException if the object names a column that the table lacks
   */
  public void read(JsonParser json) throws IOException, UnwritableException {
    read(json, EVERY_COLUMN);
  }

  /** Reads one column of a row and passes over the others; otherwise as {@link #read}. */
  public void readOnly(int column, JsonParser json) throws IOException, UnwritableException {
    read(json, column);
  }

  private void read(JsonParser json, int wanted) throws IOException, UnwritableException {
    clear();
    int column = FieldNames.END;
    while ((column = columns.next(json, column)) != FieldNames.END) {
      String name = json.currentName();
      json.nextToken();
      if (wanted != EVERY_COLUMN && wanted != column) {
        json.skipChildren();
      } else if (column >= 0) {
        readCell(column, json);
      } else {
        throw schema.missingColumn(name, typeFor(json.currentToken()));
      }
    }
  }

  private void readCell(int column, JsonParser json) throws IOException, UnwritableException {
    starts[column] = cells.size();
    try {
      writers[column].write(json, cells);
    } catch (BadValueException e) {
      throw new UnwritableException(
          "column %s: %s".formatted(schema.columns().get(column).name(), e.getMessage()));
    }
    ends[column] = cells.size();
  }

  /** A type that holds what arrived, for the statement that adds its column. */
  private static String typeFor(JsonToken token) {
    return switch (token) {
      case VALUE_NUMBER_INT -> "Nullable(Int64)";
      case VALUE_NUMBER_FLOAT -> "Nullable(Float64)";
      case VALUE_TRUE, VALUE_FALSE -> "Nullable(Bool)";
      default -> "Nullable(String)";
    };
  }

  /** Appends a column's value, or the request for its default where the row has none. */
  public void writeCell(int column, RowBuffer out) {
    if (has(column)) {
      out.int8(VALUE_FOLLOWS);
      out.append(cells, starts[column], ends[column]);
    } else {
      out.int8(USE_DEFAULT);
    }
  }

  /** Appends the byte that must stand before a value which does not come from a row image. */
  public static void beginValue(RowBuffer out) {
    out.int8(VALUE_FOLLOWS);
  }
}

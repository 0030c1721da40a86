package io.tributary.clickhouse.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A target table: its columns in the order in which rows bring them. */
public final class TableSchema {
  private final String database;
  private final String table;
  private final List<Column> columns;
  private final Map<String, Integer> indexes = new HashMap<>();

  /**
   * A table.
   *
   * @param columns the columns to insert into, in any fixed order
   */
  public TableSchema(String database, String table, List<Column> columns) {
    this.database = database;
    this.table = table;
    this.columns = List.copyOf(columns);
    for (int i = 0; i < columns.size(); i++) {
      indexes.put(columns.get(i).name(), i);
    }
  }

  /** The table's name without its database. */
  public String table() {
    return table;
  }

  /** The table's name as SQL takes it: {@code `database`.`table`}. */
  public String quotedName() {
    return quote(database) + "." + quote(table);
  }

  /** The columns in row order. */
  public List<Column> columns() {
    return columns;
  }

  /** The column names as SQL takes them, in row order. */
  public List<String> quotedColumns() {
    return columns.stream().map(column -> quote(column.name())).toList();
  }

  /**
   * Makes sure that rows made for this table can go into it as it is now. Rows bring no types with
   * them, so those of another type could be taken for something else.
   *
   * @param now the table as it is now
   * @throws SchemaMismatchException if a column was added, dropped or changed
   */
  public void requireSame(TableSchema now) {
    if (!now.columns.equals(columns)) {
      throw new SchemaMismatchException(
          "table %s was changed while rows were on their way: its columns were %s and are %s. The job starts again, and takes them as they are"
              .formatted(quotedName(), columns, now.columns));
    }
  }

  /** The place of a column in a row, or -1 if there is none of this name. */
  public int indexOf(String column) {
    return indexes.getOrDefault(column, -1);
  }

  /**
   * The place of a column that must be there.
   *
   * @param type the type it must have
   * @throws SchemaMismatchException if there is no such column or its type differs
   */
  public int require(String column, String type) {
    int index = indexOf(column);
    if (index < 0) {
      throw missingColumn(column, type);
    }
    String actual = columns.get(index).type();
    if (!actual.equals(type)) {
      throw new SchemaMismatchException(
          "column %s of %s must have the type %s, but has %s"
              .formatted(quote(column), quotedName(), type, actual));
    }
    return index;
  }

  /**
   * The error for a column that rows bring and the table lacks, with the statement that adds it.
   */
  public SchemaMismatchException missingColumn(String column, String type) {
    return new SchemaMismatchException(
        "table %s has no column %s, so no row can be stored without loss. Run: ALTER TABLE %s ADD COLUMN %s %s"
            .formatted(quotedName(), quote(column), quotedName(), quote(column), type));
  }

  private static String quote(String identifier) {
    return '`' + identifier.replace("\\", "\\\\").replace("`", "\\`") + '`';
  }
}

package io.tributary.clickhouse;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.schema.TableSchema;
import java.util.List;

/**
 * Where a lane's rows go.
 *
 * @param schema the table as it was when the sink began to make rows for it
 */
record WarehouseTable(Warehouse warehouse, TableSchema schema) implements BatchInserter.Target {

  @Override
  public void insert(RowBuffer rows, int from, int to) {
    warehouse.insert(schema, rows, from, to);
  }

  /** A constraint or a view may refuse rows as well: then also one that was taken before. */
  @Override
  public boolean takesRows() {
    schema.requireSame(warehouse.describe(List.of(schema.table())).get(0));
    try {
      return warehouse.insertOneAgain(schema);
    } catch (RuntimeException e) {
      if (InsertFailure.of(e) != InsertFailure.REFUSED) {
        throw e;
      }
      throw new WarehouseException(
          "ClickHouse refuses a row for %s that is in it already, so something other than the rows is wrong: %s"
              .formatted(schema.table(), e.getMessage()),
          e);
    }
  }
}

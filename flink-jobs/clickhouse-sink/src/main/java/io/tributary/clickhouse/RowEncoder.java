package io.tributary.clickhouse;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import java.io.Serializable;
import java.util.List;

/**
 * Turns an element of the stream into rows of one table, in ClickHouse's RowBinaryWithDefaults.
 * Used by one thread.
 */
public interface RowEncoder<T> {

  /** The index of the element's table in {@link Factory#tables()}. */
  int table(T element);

  /**
   * Appends the element's rows, each ended by {@link RowBuffer#endRow()}. What was appended before
   * an exception is taken back by the caller.
   *
   * @throws UnwritableException if this element can never be stored; it becomes a dead letter
   * @throws SchemaMismatchException if the target table must change first; like any other exception
   *     it stops the job
   */
  void encode(T element, RowBuffer rows) throws UnwritableException;

  /** About how many bytes of memory the element holds while its rows wait. */
  long retainedBytes(T element);

  /** Makes the encoder where the sink runs, once the target tables are known. */
  interface Factory<T> extends Serializable {
    /** Names of the target tables. */
    List<String> tables();

    /**
     * Makes an encoder.
     *
     * @param schemas the target tables, in the order of {@link #tables()}
     * @throws SchemaMismatchException if a table cannot serve as a target
     */
    RowEncoder<T> create(List<TableSchema> schemas);
  }
}

package io.tributary.clickhouse;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import java.util.ArrayList;
import java.util.List;

/** Rows of one insert, each with the element it came from. Not thread-safe; handed over whole. */
final class RowBatch<T> {
  private final RowBuffer rows = new RowBuffer();
  private final List<T> elements = new ArrayList<>();
  private long retainedBytes;

  /** The rows; whoever appends to them must call {@link #own} or take them back. */
  RowBuffer rows() {
    return rows;
  }

  /** Notes that the rows appended since the last call came from an element. */
  void own(T element, long bytes) {
    while (elements.size() < rows.rowCount()) {
      elements.add(element);
    }
    retainedBytes += bytes;
  }

  /** Takes back the rows that no element owns. */
  void dropUnowned() {
    rows.truncate(elements.size());
  }

  int rowCount() {
    return elements.size();
  }

  boolean isEmpty() {
    return elements.isEmpty();
  }

  /** Bytes held in memory: the rows and what they came from. */
  long bytes() {
    return rows.size() + retainedBytes;
  }

  T elementOf(int row) {
    return elements.get(row);
  }

  void clear() {
    rows.clear();
    elements.clear();
    retainedBytes = 0;
  }
}

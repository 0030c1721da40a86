package io.tributary.sync.functions;

import io.tributary.clickhouse.DeadLetters;
import io.tributary.sync.records.ChangeRecord;

/** Keeps nothing: the same change comes committed, and becomes a dead letter then. */
public record LeftToTheCommitted() implements DeadLetters<ChangeRecord> {
  @Override
  public void add(ChangeRecord element, String table, String reason) {}

  @Override
  public void flush() {}

  @Override
  public void close() {}

  /** Makes one for each subtask. */
  public record Factory() implements DeadLetters.Factory<ChangeRecord> {
    @Override
    public LeftToTheCommitted open() {
      return new LeftToTheCommitted();
    }
  }
}

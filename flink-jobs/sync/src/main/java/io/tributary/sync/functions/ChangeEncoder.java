package io.tributary.sync.functions;

import io.tributary.clickhouse.RowEncoder;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.common.TableSpec;
import io.tributary.sync.records.ChangeRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns change records into rows of the table that their topic belongs to. */
public final class ChangeEncoder implements RowEncoder<ChangeRecord> {
  /** Objects and references around the bytes of a record. */
  private static final int RECORD_OVERHEAD = 112;

  private final Map<String, Integer> tableByTopic = new HashMap<>();
  private final List<TableChanges> tables = new ArrayList<>();

  private ChangeEncoder(List<TableSpec> specs, List<TableSchema> schemas) {
    for (int i = 0; i < specs.size(); i++) {
      tableByTopic.put(specs.get(i).topic(), i);
      tables.add(new TableChanges(specs.get(i), schemas.get(i)));
    }
  }

  @Override
  public int table(ChangeRecord record) {
    Integer table = tableByTopic.get(record.topic());
    if (table == null) {
      throw new IllegalStateException(
          "record %s is from a topic that belongs to no table any more. Put the table back until its topic is read to the end"
              .formatted(record.place()));
    }
    return table;
  }

  @Override
  public void encode(ChangeRecord record, RowBuffer rows) throws UnwritableException {
    try {
      tables.get(table(record)).encode(record, rows);
    } catch (RuntimeException e) {
      // Not the record's fault, so the job stops; but say which record brought it to light.
      throw new IllegalStateException("change %s: %s".formatted(record.place(), e.getMessage()), e);
    }
  }

  @Override
  public long retainedBytes(ChangeRecord record) {
    return RECORD_OVERHEAD + length(record.key()) + length(record.value());
  }

  private static int length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  /** Makes the encoder for the tables of the job's arguments. */
  public record Factory(List<TableSpec> specs) implements RowEncoder.Factory<ChangeRecord> {
    @Override
    public List<String> tables() {
      return specs.stream().map(TableSpec::rows).toList();
    }

    @Override
    public ChangeEncoder create(List<TableSchema> schemas) {
      return new ChangeEncoder(specs, schemas);
    }
  }
}

package io.tributary.sync.functions;

import io.tributary.clickhouse.rowbinary.FieldNames;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.rowbinary.RowImage;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import io.tributary.clickhouse.schema.TableSchema;
import io.tributary.common.ChangeEvent;
import io.tributary.common.ChangeEvent.Op;
import io.tributary.common.TableSpec;
import io.tributary.common.Version;
import io.tributary.sync.records.ChangeRecord;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * Turns the changes of one table into its rows: the after image as a row, the before image of a
 * delete as a tombstone, and both for a row that moved to another partition.
 *
 * <p>Reads each event once, from front to back, and parses the before image only where it is
 * needed. Not thread-safe.
 */
final class TableChanges {
  private static final String VERSION = "_version";
  private static final String IS_DELETED = "_is_deleted";
  private static final String TOPIC_TIME = "_topic_time";

  private static final JsonFactory JSON = new JsonFactory();

  /** As capture writes them. */
  private static final List<String> FIELDS =
      List.of(
          ChangeEvent.BEFORE,
          ChangeEvent.AFTER,
          ChangeEvent.OP,
          ChangeEvent.TS_MS,
          ChangeEvent.SOURCE);

  private final FieldNames fields = new FieldNames(FIELDS);
  private final TableSchema schema;
  private final RowImage before;
  private final RowImage after;
  private final int[] requiredColumns;
  private final int partitionColumn;
  private final int version;
  private final int isDeleted;
  private final int topicTime;

  private final SourcePlace place = new SourcePlace();
  private Op op;
  private boolean hasAfter;
  private int beforeOffset;

  TableChanges(TableSpec spec, TableSchema schema) {
    this.schema = schema;
    this.before = new RowImage(schema);
    this.after = new RowImage(schema);
    this.version = schema.require(VERSION, "UInt64");
    this.isDeleted = schema.require(IS_DELETED, "UInt8");
    this.topicTime = schema.require(TOPIC_TIME, "DateTime64(3, 'UTC')");
    Set<String> required = new LinkedHashSet<>(spec.key());
    if (spec.partitionBy() != null) {
      required.add(spec.partitionBy().column());
    }
    this.requiredColumns = required.stream().mapToInt(column -> indexOf(schema, column)).toArray();
    this.partitionColumn =
        spec.partitionBy() == null ? -1 : indexOf(schema, spec.partitionBy().column());
  }

  private static int indexOf(TableSchema schema, String column) {
    int index = schema.indexOf(column);
    if (index < 0) {
      throw schema.missingColumn(column, "<type>");
    }
    return index;
  }

  /**
   * Appends the rows of a change.
   *
   * @throws UnwritableException if the event cannot be read, a value does not fit its column, or
   *     the place no version: capture stops before it writes such a place
   */
  void encode(ChangeRecord record, RowBuffer rows) throws UnwritableException {
    if (record.value() == null) {
      throw new UnwritableException("the record has no value");
    }
    try {
      read(record.value());
      switch (op) {
        case CREATE, SNAPSHOT -> writeRow(record, rows);
        case UPDATE -> {
          if (hasMoved()) {
            readBefore(record.value());
            writeTombstone(record, rows);
          }
          writeRow(record, rows);
        }
        case DELETE -> {
          readBefore(record.value());
          writeTombstone(record, rows);
        }
      }
    } catch (IOException e) {
      throw new UnwritableException("the value is not a change event: " + e.getMessage(), e);
    } catch (ArithmeticException e) {
      throw new UnwritableException(e.getMessage(), e);
    }
  }

  /** A column that the table has not is to be added to it, if it is a change event that has it. */
  private void read(byte[] value) throws IOException, UnwritableException {
    try {
      readEvent(value, true);
    } catch (SchemaMismatchException e) {
      readEvent(value, false);
      throw e;
    }
  }

  private void readEvent(byte[] value, boolean withImages) throws IOException, UnwritableException {
    place.clear();
    op = null;
    hasAfter = false;
    beforeOffset = -1;
    try (JsonParser json = JSON.createParser(value)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new UnwritableException("the value is not a change event: not a JSON object");
      }
      int field = FieldNames.END;
      while ((field = fields.next(json, field)) != FieldNames.END) {
        String name = json.currentName();
        readField(name, json.nextToken(), json, withImages);
      }
    }
    if (op == null) {
      throw new UnwritableException("the event has no \"%s\"".formatted(ChangeEvent.OP));
    }
    place.requireComplete();
  }

  private void readField(String name, JsonToken token, JsonParser json, boolean withImages)
      throws IOException, UnwritableException {
    boolean isObject = token == JsonToken.START_OBJECT;
    boolean isImage = name.equals(ChangeEvent.BEFORE) || name.equals(ChangeEvent.AFTER);
    if (isImage && !withImages) {
      json.skipChildren();
      return;
    }
    switch (name) {
      case ChangeEvent.BEFORE -> {
        if (isObject) {
          beforeOffset = (int) json.getTokenLocation().getByteOffset();
          readPartitionColumn(json);
        }
      }
      case ChangeEvent.AFTER -> {
        if (isObject) {
          after.read(json);
          hasAfter = true;
        }
      }
      case ChangeEvent.SOURCE -> {
        if (isObject) {
          place.read(json);
        }
      }
      case ChangeEvent.OP -> op = opOf(json.getText());
      default -> json.skipChildren();
    }
  }

  private static Op opOf(String code) throws UnwritableException {
    try {
      return Op.ofCode(code);
    } catch (IllegalArgumentException e) {
      throw new UnwritableException(e.getMessage());
    }
  }

  /** Of the before image, whether a row moved is all that most changes need to know. */
  private void readPartitionColumn(JsonParser json) throws IOException, UnwritableException {
    if (partitionColumn < 0) {
      json.skipChildren();
    } else {
      before.readOnly(partitionColumn, json);
    }
  }

  private void readBefore(byte[] value) throws IOException, UnwritableException {
    requireImage(beforeOffset >= 0, ChangeEvent.BEFORE);
    try (JsonParser json = JSON.createParser(value, beforeOffset, value.length - beforeOffset)) {
      json.nextToken();
      before.read(json);
    }
  }

  /**
   * Whether an update takes its row to another place. Any change of the partitioning column counts,
   * also within a month: what is computed from old rows and tombstones then sees every such change,
   * and a tombstone too many costs one row.
   */
  private boolean hasMoved() throws UnwritableException {
    if (partitionColumn < 0) {
      return false;
    }
    requireImage(beforeOffset >= 0, ChangeEvent.BEFORE);
    requireImage(hasAfter, ChangeEvent.AFTER);
    requireColumn(before, partitionColumn);
    requireColumn(after, partitionColumn);
    return !before.sameValue(partitionColumn, after);
  }

  private void writeRow(ChangeRecord record, RowBuffer rows) throws UnwritableException {
    requireImage(hasAfter, ChangeEvent.AFTER);
    write(after, Version.Half.AFTER, record, rows);
  }

  private void writeTombstone(ChangeRecord record, RowBuffer rows) throws UnwritableException {
    write(before, Version.Half.BEFORE, record, rows);
  }

  private void requireImage(boolean present, String name) throws UnwritableException {
    if (!present) {
      throw new UnwritableException(
          "the event has no \"%s\", which op \"%s\" needs".formatted(name, op.code()));
    }
  }

  private void requireColumn(RowImage image, int column) throws UnwritableException {
    if (!image.has(column)) {
      throw new UnwritableException(
          "the event's row has no column %s".formatted(schema.columns().get(column).name()));
    }
  }

  private void write(RowImage image, Version.Half half, ChangeRecord record, RowBuffer rows)
      throws UnwritableException {
    for (int column : requiredColumns) {
      requireColumn(image, column);
    }
    long rowVersion = place.version(half);
    for (int column = 0; column < schema.columns().size(); column++) {
      if (column == version) {
        RowImage.beginValue(rows);
        rows.int64(rowVersion);
      } else if (column == isDeleted) {
        RowImage.beginValue(rows);
        rows.int8(half == Version.Half.BEFORE ? 1 : 0);
      } else if (column == topicTime) {
        RowImage.beginValue(rows);
        rows.int64(record.timestamp());
      } else {
        image.writeCell(column, rows);
      }
    }
    rows.endRow();
  }
}

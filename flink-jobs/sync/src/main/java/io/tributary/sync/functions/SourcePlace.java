package io.tributary.sync.functions;

import io.tributary.clickhouse.rowbinary.FieldNames;
import io.tributary.clickhouse.rowbinary.UnwritableException;
import io.tributary.common.ChangeEvent;
import io.tributary.common.Version;
import java.io.IOException;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/** A change's place in the binlog, as its event tells it. Used again for event after event. */
final class SourcePlace {
  private static final long ABSENT = -1;

  /** As capture writes them. */
  private static final List<String> FIELDS =
      List.of(
          ChangeEvent.EPOCH,
          ChangeEvent.DB,
          ChangeEvent.TABLE,
          ChangeEvent.TS_MS,
          ChangeEvent.FILE,
          ChangeEvent.POS,
          ChangeEvent.ROW);

  private final FieldNames fields = new FieldNames(FIELDS);
  private String lastFile;
  private long lastFileNumber;

  private long fileNumber;
  private long epoch;
  private long pos;
  private long row;

  /** Forgets the place, but not the file's name, which seldom changes. */
  void clear() {
    fileNumber = ABSENT;
    // An event that does not say belongs to the source's first epoch.
    epoch = 0;
    pos = ABSENT;
    row = ABSENT;
  }

  /** Reads the event's source. The parser stands at the object's start and is left at its end. */
  void read(JsonParser json) throws IOException, UnwritableException {
    int field = FieldNames.END;
    while ((field = fields.next(json, field)) != FieldNames.END) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case ChangeEvent.FILE -> readFile(json);
        case ChangeEvent.EPOCH -> epoch = number(name, json);
        case ChangeEvent.POS -> pos = number(name, json);
        case ChangeEvent.ROW -> row = number(name, json);
        default -> json.skipChildren();
      }
    }
  }

  private void readFile(JsonParser json) throws IOException, UnwritableException {
    String name = json.getText();
    if (!name.equals(lastFile)) {
      try {
        lastFileNumber = Version.fileNumber(name);
      } catch (IllegalArgumentException e) {
        throw new UnwritableException("the event's source: " + e.getMessage());
      }
      lastFile = name;
    }
    fileNumber = lastFileNumber;
  }

  private static long number(String name, JsonParser json) throws IOException, UnwritableException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw new UnwritableException(
          "the event's source has no whole number as \"%s\"".formatted(name));
    }
    return json.getLongValue();
  }

  /** Makes sure that a version can be told. */
  void requireComplete() throws UnwritableException {
    if (fileNumber == ABSENT || pos == ABSENT || row == ABSENT) {
      throw new UnwritableException(
          "the event's source needs \"%s\", \"%s\" and \"%s\""
              .formatted(ChangeEvent.FILE, ChangeEvent.POS, ChangeEvent.ROW));
    }
  }

  /**
   * The version of one image of the row.
   *
   * @throws ArithmeticException if a part does not fit
   */
  long version(Version.Half half) {
    return Version.of(epoch, fileNumber, pos, row, half);
  }
}

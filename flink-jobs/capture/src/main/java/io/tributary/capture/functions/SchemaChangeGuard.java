package io.tributary.capture.functions;

import io.debezium.data.Envelope;
import io.debezium.document.Document;
import io.debezium.document.DocumentReader;
import io.debezium.relational.history.HistoryRecord;
import io.tributary.common.ChangeEvent;
import io.tributary.mysql.UnseenChangeException;
import java.io.IOException;
import java.util.regex.Pattern;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Stops capture at a statement that changes a captured table without row events: TRUNCATE, ALTER,
 * DROP, RENAME. Going on would leave the warehouse different in silence.
 *
 * <p>{@code CREATE INDEX} and {@code DROP INDEX} pass, since they change no row and no column; not
 * so where the index is the primary key, nor an {@code ALTER TABLE}, whatever is in it. So does the
 * creation of a table: it is empty then, or the rows that are selected into it follow as changes.
 */
final class SchemaChangeGuard {
  private static final String SCHEMA_CHANGE_KEY = "io.debezium.connector.mysql.SchemaChangeKey";
  private static final String HISTORY_RECORD = "historyRecord";
  private static final Pattern HARMLESS =
      Pattern.compile(
          "\\s*(CREATE\\s+TABLE|CREATE\\s+((UNIQUE|FULLTEXT|SPATIAL)\\s+)?INDEX|DROP\\s+INDEX\\s+(?!`?PRIMARY\\b)`?[\\w$]+|ANALYZE)\\b.*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private SchemaChangeGuard() {}

  static boolean isSchemaChange(SourceRecord sourceRecord) {
    return sourceRecord.keySchema() != null
        && SCHEMA_CHANGE_KEY.equals(sourceRecord.keySchema().name());
  }

  /**
   * Lets a statement pass that leaves all rows and columns as they were.
   *
   * @throws SuppressRestartsException for any other: the job fails for good instead of meeting the
   *     same statement again and again
   */
  static void requireHarmless(Struct schemaChange) throws IOException {
    String statement = statementOf(schemaChange);
    if (!HARMLESS.matcher(statement).matches()) {
      Struct source = schemaChange.getStruct(Envelope.FieldName.SOURCE);
      throw new SuppressRestartsException(
          new UnseenChangeException(
              "table %s.%s"
                  .formatted(source.getString(ChangeEvent.DB), source.getString(ChangeEvent.TABLE)),
              "%s:%d"
                  .formatted(source.getString(ChangeEvent.FILE), source.getInt64(ChangeEvent.POS)),
              statement));
    }
  }

  private static String statementOf(Struct schemaChange) throws IOException {
    Document history = DocumentReader.defaultReader().read(schemaChange.getString(HISTORY_RECORD));
    String statement = history.getString(HistoryRecord.Fields.DDL_STATEMENTS);
    return statement == null ? "" : statement;
  }
}

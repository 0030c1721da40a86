package io.tributary.mysql;

import io.debezium.config.Configuration;
import io.debezium.pipeline.spi.Offsets;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.debezium.relational.ddl.DdlParser;
import io.debezium.relational.history.DatabaseHistoryListener;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.TableChanges;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.cdc.connectors.mysql.debezium.EmbeddedFlinkDatabaseHistory;

/**
 * The source's memory of table definitions, with two things that its own lacks.
 *
 * <p>It knows the captured tables that the saved state has never heard of, because they were added
 * to a running job. The source passes over changes of a table whose definition it does not know,
 * and nobody hears of it.
 *
 * <p>And it stops at a statement that renames a captured table. The source announces such a
 * statement under the new name only, which nobody captures, so the job would never hear of it and
 * the old name's changes would just end.
 *
 * <p>To be named in the source's property {@code database.history}; made by the source's own class
 * loader, so it lies beside the source in the cluster's {@code lib} folder.
 */
public final class TableDefinitions extends EmbeddedFlinkDatabaseHistory {
  /**
   * Start of the properties with the captured tables: {@code database.table} follows, and the value
   * is the table's {@code CREATE TABLE}.
   */
  public static final String DEFINITION = "database.history.definition.";

  private static final Pattern RENAME =
      Pattern.compile("\\bRENAME\\b(?!\\s+(COLUMN|INDEX|KEY)\\b)", Pattern.CASE_INSENSITIVE);

  /** An identifier, or any other word. */
  private static final Pattern WORD = Pattern.compile("[\\w$-]+");

  // Names in the source's own places.
  private static final String FILE = "file";
  private static final String POS = "pos";

  /** The definitions by {@code database.table}. */
  private Map<String, String> definitions = Map.of();

  @Override
  public void configure(
      Configuration config,
      HistoryRecordComparator comparator,
      DatabaseHistoryListener listener,
      boolean useCatalogBeforeSchema) {
    super.configure(config, comparator, listener, useCatalogBeforeSchema);
    definitions =
        config.subset(DEFINITION, true).asMap().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Override
  public void recover(Offsets<?, ?> offsets, Tables tables, DdlParser parser) {
    super.recover(offsets, tables, parser);
    addUnknown(tables, parser);
  }

  @Override
  public void recover(
      Map<Map<String, ?>, Map<String, ?>> offsets, Tables tables, DdlParser parser) {
    super.recover(offsets, tables, parser);
    addUnknown(tables, parser);
  }

  private void addUnknown(Tables tables, DdlParser parser) {
    definitions.forEach(
        (name, definition) -> {
          TableId table = TableId.parse(name);
          if (tables.forTable(table) == null) {
            parser.setCurrentDatabase(table.catalog());
            parser.parse(definition, tables);
          }
        });
  }

  @Override
  public void record(
      Map<String, ?> source,
      Map<String, ?> position,
      String databaseName,
      String schemaName,
      String ddl,
      TableChanges changes) {
    requireNoRename(position, databaseName, ddl);
    super.record(source, position, databaseName, schemaName, ddl, changes);
  }

  /**
   * Judges by the statement's words: what the source made of it no longer has the old name. A table
   * that only happens to be mentioned stops capture too; better so than the other way round.
   */
  private void requireNoRename(Map<String, ?> position, String databaseName, String ddl) {
    if (!RENAME.matcher(ddl).find()) {
      return;
    }
    Set<String> words =
        WORD.matcher(ddl).results().map(MatchResult::group).collect(Collectors.toSet());
    for (String table : definitions.keySet()) {
      String[] name = table.split("\\.", 2);
      boolean sameDatabase = name[0].equals(databaseName) || words.contains(name[0]);
      if (sameDatabase && words.contains(name[1])) {
        throw new UnseenChangeException("table " + table, placeOf(position), ddl);
      }
    }
  }

  private static String placeOf(Map<String, ?> position) {
    return position.get(FILE) + ":" + position.get(POS);
  }
}

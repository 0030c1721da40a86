package io.tributary.mysql;

import io.debezium.config.Configuration;
import io.debezium.pipeline.spi.Offsets;
import io.debezium.relational.TableId;
import io.debezium.relational.Tables;
import io.debezium.relational.ddl.AbstractDdlParser;
import io.debezium.relational.ddl.DdlParser;
import io.debezium.relational.history.DatabaseHistoryListener;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.TableChanges;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.cdc.connectors.mysql.debezium.EmbeddedFlinkDatabaseHistory;

/**
 * The source's memory of table definitions, with two things that its own lacks.
 *
 * <p>It knows the captured tables that the saved state has never heard of, because they were added
 * to a running job. The source passes over changes of a table whose definition it does not know,
 * and nobody hears of it.
 *
 * <p>And it stops at a statement that changes a captured table unseen, see {@link UnseenChanges}:
 * the old name's changes of a renamed table, for one, would just end. It hears of every statement,
 * as long as the source is told to look at all databases.
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

  // Names in the source's own places.
  private static final String FILE = "file";
  private static final String POS = "pos";

  /** The definitions by {@code database.table}. */
  private Map<String, String> definitions = Map.of();

  private DdlParser parser;

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
    this.parser = parser;
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
    requireSeen(position, databaseName, ddl);
    super.record(source, position, databaseName, schemaName, ddl, changes);
  }

  /**
   * @param databaseName of the table that the source announces, which a statement may have moved
   */
  private void requireSeen(Map<String, ?> position, String databaseName, String ddl) {
    Set<String> databases = new HashSet<>();
    databases.add(databaseName);
    // The parser has just read the statement, and was told the database it was executed in.
    if (parser instanceof AbstractDdlParser current) {
      databases.add(current.currentSchema());
    }
    UnseenChanges.find(ddl, databases, definitions.keySet())
        .ifPresent(
            changed -> {
              throw new UnseenChangeException(changed, placeOf(position), ddl);
            });
  }

  private static String placeOf(Map<String, ?> position) {
    return position.get(FILE) + ":" + position.get(POS);
  }
}

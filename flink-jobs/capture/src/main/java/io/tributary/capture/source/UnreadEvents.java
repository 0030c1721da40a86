package io.tributary.capture.source;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.DeleteRowsEventData;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.UpdateRowsEventData;
import com.github.shyiko.mysql.binlog.event.WriteRowsEventData;
import io.debezium.connector.mysql.EventDataDeserializationExceptionData;
import io.tributary.mysql.FirstTransactions;
import io.tributary.mysql.UnseenChangeException;
import io.tributary.mysql.UnseenChanges;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Looks for events in the binlog with changes that the connector passes over or misreads: rows in
 * another form than it knows, and rows written by a statement. The server's settings are checked,
 * but a session may have others. And for transactions before which others may still come, see
 * {@link FirstTransactions}.
 */
final class UnreadEvents implements BinaryLogClient.EventListener {
  /** Events that tell so themselves may be left out by whoever does not know them. */
  private static final int IGNORABLE = 0x80;

  private static final Map<EventType, String> FORMS =
      Map.of(
          EventType.TRANSACTION_PAYLOAD,
          "a compressed transaction, as where a session has set binlog_transaction_compression",
          EventType.PARTIAL_UPDATE_ROWS_EVENT,
          "parts of JSON values, as where a session has set binlog_row_value_options",
          EventType.EXECUTE_LOAD_QUERY,
          "LOAD DATA as a statement, as where a session has set binlog_format",
          EventType.INCIDENT,
          "an incident, by which MySQL says that changes are missing from its binlog",
          EventType.UNKNOWN,
          "an event of a kind that is too new, as where a session has set gtid_next with a tag");

  private final Set<String> captured;

  /**
   * Servers whose transactions were read from number 1 on; noted by the reader's thread and the
   * client's.
   */
  private final Set<String> begun = ConcurrentHashMap.newKeySet();

  /** How many columns the captured tables have, by the numbers that the binlog gives them. */
  private final Map<Long, Integer> columns = new HashMap<>();

  /** Written by the client's thread. */
  private volatile UnseenChangeException first;

  /**
   * @param captured the captured tables, each with its database: {@code platform.orders}
   */
  UnreadEvents(Set<String> captured) {
    this.captured = captured;
  }

  /**
   * To be told before events come.
   *
   * @param read the transactions that were read, as a set of GTIDs; null for none
   */
  void goOnFrom(String read) {
    FirstTransactions.in(read)
        .forEach(
            (server, first) -> {
              if (first == FirstTransactions.NUMBER) {
                begun.add(server);
              }
            });
  }

  @Override
  public void onEvent(Event event) {
    if (first != null) {
      return;
    }
    EventHeaderV4 header = event.getHeader();
    EventData data = event.getData();
    if (data instanceof GtidEventData transaction) {
      lookAt(transaction.getGtid());
    } else if (data instanceof TableMapEventData table) {
      note(table);
    } else if (data instanceof QueryEventData query) {
      lookAt(query, header);
    } else if (data instanceof WriteRowsEventData rows) {
      lookAt(header, rows.getTableId(), rows.getIncludedColumns());
    } else if (data instanceof UpdateRowsEventData rows) {
      lookAt(header, rows.getTableId(), rows.getIncludedColumnsBeforeUpdate());
      lookAt(header, rows.getTableId(), rows.getIncludedColumns());
    } else if (data instanceof DeleteRowsEventData rows) {
      lookAt(header, rows.getTableId(), rows.getIncludedColumns());
    } else if (!(data instanceof EventDataDeserializationExceptionData)) {
      // Of those the connector makes an incident, and fails by itself.
      lookAt(header);
    }
  }

  private void lookAt(String gtid) {
    FirstTransactions.in(gtid)
        .forEach(
            (server, number) -> {
              if (number == FirstTransactions.NUMBER) {
                begun.add(server);
              } else if (!begun.contains(server)) {
                first = UnseenChangeException.outOfTurn(gtid);
              }
            });
  }

  /** Comes before the rows of a table, in each statement. */
  private void note(TableMapEventData table) {
    String name = table.getDatabase() + "." + table.getTable();
    if (captured.contains(name)) {
      columns.put(table.getTableId(), table.getColumnTypes().length);
    } else {
      columns.remove(table.getTableId());
    }
  }

  /** What is left out moves the values behind it to the wrong columns. */
  private void lookAt(EventHeaderV4 header, long tableId, BitSet included) {
    Integer all = columns.get(tableId);
    if (all != null && included.cardinality() < all) {
      first =
          unreadable(
              "rows without all their columns, as where a session has set binlog_row_image",
              header);
    }
  }

  /**
   * Statements about tables, {@code TableDefinitions} hears of. One that writes rows need not name
   * the tables: it may do so by a view, a trigger or a function.
   */
  private void lookAt(QueryEventData query, EventHeaderV4 header) {
    String statement = query.getSql();
    if (UnseenChanges.writesRows(statement)) {
      first =
          unreadable(
              "a statement in place of rows, as where a session has set binlog_format; by a view, a trigger or a function it may have changed a captured table: %s"
                  .formatted(statement),
              header);
    }
  }

  private void lookAt(EventHeaderV4 header) {
    String form = FORMS.get(header.getEventType());
    if (form != null && (header.getFlags() & IGNORABLE) == 0) {
      first = unreadable(form, header);
    }
  }

  private static UnseenChangeException unreadable(String form, EventHeaderV4 header) {
    return new UnseenChangeException(
        "%s (%s at position %d)".formatted(form, header.getEventType(), header.getPosition()));
  }

  /**
   * Whatever comes behind such an event has been read after it was noticed.
   *
   * @throws UnseenChangeException if there was any
   */
  void requireNone() {
    if (first != null) {
      throw first;
    }
  }
}

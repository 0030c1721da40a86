package io.tributary.capture.source;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import io.tributary.mysql.UnseenChangeException;
import io.tributary.mysql.UnseenChanges;
import java.util.Map;
import java.util.Set;

/**
 * Looks for events in the binlog with changes that the connector passes over: rows in a form that
 * it does not know, and rows written by a statement. The server's settings are checked, but a
 * session may have others.
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
          EventType.UNKNOWN,
          "an event of a kind that is too new, as where a session has set gtid_next with a tag");

  private final Set<String> captured;

  /** Written by the client's thread. */
  private volatile UnseenChangeException first;

  /**
   * @param captured the captured tables, each with its database: {@code platform.orders}
   */
  UnreadEvents(Set<String> captured) {
    this.captured = captured;
  }

  @Override
  public void onEvent(Event event) {
    if (first != null) {
      return;
    }
    EventHeaderV4 header = event.getHeader();
    if (event.getData() instanceof QueryEventData query) {
      lookAt(query, header);
    } else {
      lookAt(header);
    }
  }

  /** Statements about tables, {@code TableDefinitions} hears of. */
  private void lookAt(QueryEventData query, EventHeaderV4 header) {
    String statement = query.getSql();
    if (UnseenChanges.writesRows(statement)) {
      UnseenChanges.find(statement, Set.of(query.getDatabase()), captured)
          .ifPresent(
              changed ->
                  first =
                      new UnseenChangeException(
                          changed, "position " + header.getPosition(), statement));
    }
  }

  private void lookAt(EventHeaderV4 header) {
    String form = FORMS.get(header.getEventType());
    if (form != null && (header.getFlags() & IGNORABLE) == 0) {
      first =
          new UnseenChangeException(
              "%s (%s at position %d)".formatted(form, header.getEventType(), header.getPosition()),
              null);
    }
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

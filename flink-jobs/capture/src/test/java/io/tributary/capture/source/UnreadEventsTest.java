package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.UpdateRowsEventData;
import io.tributary.mysql.UnseenChangeException;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnreadEventsTest {
  private final UnreadEvents unread = new UnreadEvents(Set.of("platform.orders"));

  @ParameterizedTest
  @CsvSource({
    "TRANSACTION_PAYLOAD, binlog_transaction_compression",
    "PARTIAL_UPDATE_ROWS_EVENT, binlog_row_value_options",
    "INCIDENT, missing from its binlog",
    "EXECUTE_LOAD_QUERY, binlog_format",
    "UNKNOWN, gtid_next",
  })
  void anEventThatWouldBePassedOverIsAFailure(EventType type, String reason) {
    unread.onEvent(event(type, 0));
    unread.onEvent(event(EventType.XID, 0));
    assertThatThrownBy(unread::requireNone)
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining("position 600");
  }

  @ParameterizedTest
  @EnumSource(
      names = {"GTID", "QUERY", "TABLE_MAP", "EXT_UPDATE_ROWS", "XID", "HEARTBEAT", "ROTATE"})
  void whatTheConnectorReadsIsNone(EventType type) {
    unread.onEvent(event(type, 0));
    assertThatCode(unread::requireNone).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE orders SET quantity = 2",
        "/* late */ insert into `orders` (quantity) values (1)",
        "DELETE FROM platform.orders",
        // By a view, a trigger, and functions.
        "UPDATE newest SET quantity = 2",
        "INSERT INTO archive.notes VALUES (1)",
        "SELECT `platform`.`forget`(1)",
        "DO forget(1)",
        "-- name: touch\nUPDATE orders SET quantity = 2",
        "# touch\n-- again\nUPDATE orders SET quantity = 2"
      })
  void rowsWrittenByAStatementAreAFailure(String statement) {
    unread.onEvent(query("platform", statement));
    assertThatThrownBy(unread::requireNone)
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining("binlog_format")
        .hasMessageContaining("position 600")
        .hasMessageContaining(statement);
  }

  @ParameterizedTest
  @CsvSource({"first:500", "second:2"})
  void aTransactionBeforeWhichOthersMayStillComeIsAFailure(String gtid) {
    unread.goOnFrom(uuid("other:1-7:9"));
    unread.onEvent(transaction(gtid));
    assertThatThrownBy(unread::requireNone)
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining("transaction " + uuid(gtid));
  }

  @Test
  void aServersTransactionsMayComeInAnyOrderBehindItsFirst() {
    unread.goOnFrom(null);
    unread.goOnFrom(uuid("first:1-7:9,\nsecond:1"));
    List.of("first:20", "first:8", "second:2", "third:1", "third:100", "third:50")
        .forEach(gtid -> unread.onEvent(transaction(gtid)));
    assertThatCode(unread::requireNone).doesNotThrowAnyException();
  }

  /** A set that was saved by a capture that did not look. */
  @Test
  void aServerThatWasReadFromTheMiddleOnIsAFailure() {
    unread.goOnFrom(uuid("first:500-600"));
    unread.onEvent(transaction("first:601"));
    assertThatThrownBy(unread::requireNone).isInstanceOf(UnseenChangeException.class);
  }

  private static Event transaction(String gtid) {
    GtidEventData data = new GtidEventData();
    data.setGtid(uuid(gtid));
    EventHeaderV4 header = new EventHeaderV4();
    header.setEventType(EventType.GTID);
    return new Event(header, data);
  }

  private static String uuid(String gtids) {
    return gtids
        .replace("first", "3e11fa47-71ca-11e1-9e33-c80aa9429562")
        .replace("second", "4e11fa47-71ca-11e1-9e33-c80aa9429562")
        .replace("third", "5e11fa47-71ca-11e1-9e33-c80aa9429562")
        .replace("other", "6e11fa47-71ca-11e1-9e33-c80aa9429562");
  }

  @Test
  void otherStatementsAreNone() {
    unread.onEvent(query("platform", "BEGIN"));
    unread.onEvent(query("platform", "TRUNCATE TABLE archive.notes"));
    unread.onEvent(query("platform", "CREATE TABLE copies SELECT * FROM orders"));
    assertThatCode(unread::requireNone).doesNotThrowAnyException();
  }

  @Test
  void rowsOfACapturedTableWithoutAllColumnsAreAFailure() {
    unread.onEvent(table("orders", 3));
    unread.onEvent(update(3, 3));
    assertThatCode(unread::requireNone).doesNotThrowAnyException();
    unread.onEvent(update(3, 2));
    assertThatThrownBy(unread::requireNone)
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining("binlog_row_image")
        .hasMessageContaining("position 600");
  }

  @Test
  void rowsOfOtherTablesAreNone() {
    unread.onEvent(table("orders", 3));
    // The number is given anew where the table's definition has changed.
    unread.onEvent(table("notes", 3));
    unread.onEvent(update(1, 1));
    assertThatCode(unread::requireNone).doesNotThrowAnyException();
  }

  @Test
  void anUnknownEventThatMayBeIgnoredIsIgnored() {
    unread.onEvent(event(EventType.UNKNOWN, 0x80));
    assertThatCode(unread::requireNone).doesNotThrowAnyException();
  }

  private static Event table(String name, int columns) {
    TableMapEventData data = new TableMapEventData();
    data.setTableId(7);
    data.setDatabase("platform");
    data.setTable(name);
    data.setColumnTypes(new byte[columns]);
    return new Event(event(EventType.TABLE_MAP, 0).getHeader(), data);
  }

  private static Event update(int before, int after) {
    UpdateRowsEventData data = new UpdateRowsEventData();
    data.setTableId(7);
    data.setIncludedColumnsBeforeUpdate(first(before));
    data.setIncludedColumns(first(after));
    return new Event(event(EventType.EXT_UPDATE_ROWS, 0).getHeader(), data);
  }

  private static BitSet first(int count) {
    BitSet bits = new BitSet();
    bits.set(0, count);
    return bits;
  }

  private static Event query(String database, String statement) {
    QueryEventData data = new QueryEventData();
    data.setDatabase(database);
    data.setSql(statement);
    return new Event(event(EventType.QUERY, 0).getHeader(), data);
  }

  private static Event event(EventType type, int flags) {
    EventHeaderV4 header = new EventHeaderV4();
    header.setEventType(type);
    header.setEventLength(100);
    header.setNextPosition(700);
    header.setFlags(flags);
    return new Event(header, null);
  }
}

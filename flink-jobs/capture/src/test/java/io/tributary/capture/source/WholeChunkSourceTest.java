package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializationException;
import com.github.shyiko.mysql.binlog.network.ServerException;
import io.debezium.DebeziumException;
import io.debezium.text.ParsingException;
import io.tributary.mysql.UnseenChangeException;
import java.io.EOFException;
import java.util.List;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeChunkSourceTest {
  @Test
  void aStatementThatNoRowEventsTellOfStopsForGood() {
    UnseenChangeException rename =
        new UnseenChangeException("table platform.orders", "binlog.000003:4", "RENAME TABLE …");
    assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(rename)))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCause(rename);
  }

  @Test
  void aStatementThatCannotBeParsedStopsForGood() {
    ParsingException unknown =
        new ParsingException(null, "no viable alternative at input 'VECTOR'");
    assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(unknown)))
        .isInstanceOf(SuppressRestartsException.class)
        .rootCause()
        .hasMessageContaining("Capture stopped")
        .hasMessageContaining("at input 'VECTOR'");
  }

  @Test
  void anEventThatCannotBeReadStopsForGood() {
    var failure =
        new EventDataDeserializationException(
            new EventHeaderV4(), new IllegalStateException("negative length"));
    assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(failure)))
        .isInstanceOf(SuppressRestartsException.class)
        .rootCause()
        .hasMessageContaining("Capture stopped")
        .hasMessageContaining("negative length");
  }

  @Test
  void aRowFromBeforeItsTableWasChangedStopsForGood() {
    for (Exception failure :
        List.of(
            new IllegalArgumentException("Unexpected value for JDBC type 12 and column region"),
            new DebeziumException("Data row is smaller than a column index, …"))) {
      assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(failure)))
          .isInstanceOf(SuppressRestartsException.class)
          .rootCause()
          .hasMessageContaining("Capture stopped")
          .hasMessageContaining("other columns")
          .hasMessageContaining(failure.getMessage());
    }
  }

  @Test
  void anEventThatIsCutShortIsReadAgain() {
    RuntimeException failure =
        inTheReader(new EventDataDeserializationException(new EventHeaderV4(), new EOFException()));
    assertThat(WholeChunkSource.forGoodIfUnseen(failure)).isSameAs(failure);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The connector is trying to read binlog starting at Struct{file=binlog.000004}, but this is no longer available on the server.",
        "Cannot replicate because the source purged required binary logs.",
        "Cannot replicate anonymous transaction when AUTO_POSITION = 1, at file ./binlog.000005",
      })
  void binlogThatIsGoneStopsForGood(String message) {
    ServerException refusal = new ServerException(message, 1236, "HY000");
    assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(refusal)))
        .isInstanceOf(SuppressRestartsException.class)
        .rootCause()
        .hasMessageContaining("Capture stopped")
        .hasMessageContaining(message)
        .hasSuppressedException(refusal);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MySQL is gone",
        "A replica with the same server_uuid/server_id as this replica has connected to the source",
      })
  void anyOtherFailureIsTriedAgain(String message) {
    RuntimeException failure = inTheReader(new ServerException(message, 1236, "HY000"));
    assertThat(WholeChunkSource.forGoodIfUnseen(failure)).isSameAs(failure);
  }

  private static RuntimeException inTheReader(Exception reason) {
    return new RuntimeException(
        "One or more fetchers have encountered exception", new DebeziumException(reason));
  }
}

package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.DebeziumException;
import io.tributary.mysql.UnseenChangeException;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.errors.ConnectException;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;

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
  void aRowWithoutAllColumnsStopsForGood() {
    ConnectException incomplete =
        new ConnectException("Data row is smaller than a column index, internal schema …");
    assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(incomplete)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .isInstanceOf(UnseenChangeException.class)
        .hasMessageContaining("binlog_row_image")
        .hasRootCause(incomplete);
  }

  @Test
  void anyOtherFailureIsTriedAgain() {
    RuntimeException failure = inTheReader(new IllegalStateException("MySQL is gone"));
    assertThat(WholeChunkSource.forGoodIfUnseen(failure)).isSameAs(failure);
  }

  private static RuntimeException inTheReader(RuntimeException reason) {
    return new RuntimeException(
        "One or more fetchers have encountered exception", new DebeziumException(reason));
  }
}

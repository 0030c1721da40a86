package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.DebeziumException;
import io.debezium.text.ParsingException;
import io.tributary.mysql.UnseenChangeException;
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
  void aStatementThatCannotBeParsedStopsForGood() {
    ParsingException unknown =
        new ParsingException(null, "no viable alternative at input 'VECTOR'");
    assertThat(WholeChunkSource.forGoodIfUnseen(inTheReader(unknown)))
        .isInstanceOf(SuppressRestartsException.class)
        .hasStackTraceContaining("Capture stopped")
        .hasStackTraceContaining("at input 'VECTOR'");
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

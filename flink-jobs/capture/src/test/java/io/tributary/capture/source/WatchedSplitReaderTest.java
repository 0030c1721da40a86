package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.pipeline.DataChangeEvent;
import io.debezium.util.LoggingContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfig;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfigFactory;
import org.apache.flink.cdc.connectors.mysql.source.offset.BinlogOffset;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlBinlogSplit;
import org.apache.flink.cdc.connectors.mysql.table.StartupOptions;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsAddition;
import org.junit.jupiter.api.Test;

class WatchedSplitReaderTest {
  /** A port where nothing is. */
  private static final MySqlSourceConfig NOWHERE =
      new MySqlSourceConfigFactory()
          .hostname("localhost")
          .port(1)
          .username("nobody")
          .password("")
          .databaseList("platform")
          .tableList("platform.orders")
          .startupOptions(StartupOptions.initial())
          .createConfig(0);

  @Test
  void theBinlogIsWatchedBeforeItIsRead() throws Exception {
    WatchedSplitReader reader =
        new WatchedSplitReader(NOWHERE, 0, null, new UnreadEvents(Set.of()));
    reader.handleSplitsChanges(
        new SplitsAddition<>(
            List.of(
                new MySqlBinlogSplit(
                    "binlog-split",
                    BinlogOffset.ofBinlogFilePosition("binlog.000001", 4),
                    BinlogOffset.ofNonStopping(),
                    List.of(),
                    Map.of(),
                    0))));
    BinaryLogClient client = reader.watch();
    assertThat(client.getEventListeners()).hasOnlyElementsOfType(UnreadEvents.class).hasSize(1);
    assertThat(reader.watch()).isSameAs(client);
    assertThat(client.getEventListeners()).hasSize(1);
    reader.close();
  }

  /** As where a job ends that is behind: the client waits for room, and what closes it for that. */
  @Test
  void whoeverFillsTheQueueComesToAnEndWhereItIsEmptied() throws Exception {
    ChangeEventQueue<DataChangeEvent> queue =
        new ChangeEventQueue.Builder<DataChangeEvent>()
            .pollInterval(Duration.ofMillis(20))
            .maxQueueSize(2)
            .maxBatchSize(1)
            .maxQueueSizeInBytes(0)
            .loggingContextSupplier(() -> LoggingContext.forConnector("mysql", "test", "test"))
            .build();
    Thread client = new Thread(() -> fill(queue, 20));
    client.start();
    client.join(200);
    assertThat(client.isAlive()).isTrue();
    queue.producerException(new IllegalStateException("MySQL is gone"));

    Thread emptying = WatchedSplitReader.emptying(queue);
    client.join(10_000);
    assertThat(client.isAlive()).isFalse();
    assertThat(emptying.isAlive()).isTrue();
    emptying.interrupt();
    emptying.join(10_000);
    assertThat(emptying.isAlive()).isFalse();
  }

  private static void fill(ChangeEventQueue<DataChangeEvent> queue, int events) {
    try {
      for (int i = 0; i < events; i++) {
        queue.enqueue(new DataChangeEvent(null));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package io.tributary.capture.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
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
}

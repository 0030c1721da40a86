package io.tributary.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SyncConfigTest {
  private static final String TABLES =
      """
      [{"table":"orders","key":["order_id"],"topic":"orders-cdc-topic",
        "deadLetterTopic":"orders-cdc-topic-dlq","rows":"orders_rows",
        "partitionBy":{"column":"created_at","unit":"month"}}]""";
  private static final String[] ARGS = {
    "--kafka-bootstrap", "kafka:9092",
    "--group", "flink-sync-connector",
    "--tables", TABLES,
    "--clickhouse-url", "http://clickhouse-server:8123",
    "--clickhouse-user", "sync",
    "--clickhouse-password-file", "/run/secrets/clickhouse-sync-password",
    "--database", "platform",
    "--visibility", "early",
    "--checkpoint-interval-ms", "5000",
    "--flush-rows", "50000",
    "--flush-interval-ms", "50"
  };

  @Test
  void readsEveryArgument() {
    SyncConfig config = SyncConfig.fromArgs(ARGS);

    assertThat(config.kafkaBootstrap()).isEqualTo("kafka:9092");
    assertThat(config.group()).isEqualTo("flink-sync-connector");
    assertThat(config.tables()).singleElement().extracting("rows").isEqualTo("orders_rows");
    assertThat(config.warehouse().url()).isEqualTo("http://clickhouse-server:8123");
    assertThat(config.warehouse().database()).isEqualTo("platform");
    assertThat(config.visibility()).isEqualTo(Visibility.EARLY);
    assertThat(config.checkpointInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.flush().maxRows()).isEqualTo(50_000);
    assertThat(config.flush().longestWait()).isEqualTo(Duration.ofMillis(50));
    assertThat(config.flush().quiet()).isEqualTo(Duration.ofMillis(5));
  }

  @Test
  void givesManyTablesSmallerBatchesThanFew() {
    assertThat(SyncConfig.fromArgs(ARGS).flush().maxBytes()).isEqualTo(16 << 20);

    String spec = TABLES.strip().substring(1, TABLES.strip().length() - 1);
    String[] args = ARGS.clone();
    args[Arrays.asList(args).indexOf(TABLES)] =
        IntStream.range(0, 40)
            .mapToObj(i -> spec.replace("orders", "orders" + i))
            .collect(Collectors.joining(",", "[", "]"));

    assertThat(SyncConfig.fromArgs(args).flush().maxBytes())
        .as("40 tables, three batches each, in 240 MiB")
        .isEqualTo(2 << 20);
  }

  @Test
  void namesAllThatIsWrongAtOnce() {
    List<String> args = new ArrayList<>(Arrays.asList(ARGS));
    args.subList(0, 2).clear();
    args.set(args.indexOf("50000"), "0");
    args.set(args.indexOf("50"), "soon");
    args.set(args.indexOf("early"), "at once");
    args.addAll(List.of("--colour", "red"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> SyncConfig.fromArgs(args.toArray(String[]::new)))
        .withMessageContaining("--kafka-bootstrap is missing")
        .withMessageContaining("--flush-rows must be a whole number from 1")
        .withMessageContaining("--flush-interval-ms must be")
        .withMessageContaining("--visibility must be committed or early, not 'at once'")
        .withMessageContaining("--colour is unknown");
  }
}

package io.tributary.capture;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A complete command line of the capture job, for tests. */
public final class TestOptions {
  private static final String TABLES =
      """
      [{"table":"orders","key":["order_id"],"topic":"orders-cdc-topic",\
      "deadLetterTopic":"orders-cdc-topic-dlq","rows":"orders_rows"},\
      {"table":"heartbeats","key":["slot"],"topic":"heartbeats-cdc-topic",\
      "deadLetterTopic":"heartbeats-cdc-topic-dlq","rows":"heartbeats_rows"}]""";

  private TestOptions() {}

  /**
   * @param changes names and values that replace others or are added
   */
  public static CaptureOptions parse(String... changes) {
    Map<String, String> args = new LinkedHashMap<>();
    args.put("--mysql-host", "mysql");
    args.put("--mysql-port", "3306");
    args.put("--mysql-user", "capture");
    args.put("--mysql-password-file", "/run/secrets/password");
    args.put("--database", "platform");
    args.put("--tables", TABLES);
    args.put("--server-id", "5400-5403");
    args.put("--kafka-bootstrap", "kafka:9092");
    args.put("--transactional-id-prefix", "capture");
    args.put("--transaction-timeout-ms", "900000");
    args.put("--checkpoint-interval-ms", "500");
    args.put("--epoch", "0");
    args.put("--snapshot", "3");
    args.put("--binlog-retention-s", "604800");
    args.put("--heartbeats", "heartbeats");
    for (int i = 0; i < changes.length; i += 2) {
      args.put(changes[i], changes[i + 1]);
    }
    return CaptureOptions.fromArgs(
        args.entrySet().stream()
            .flatMap(entry -> List.of(entry.getKey(), entry.getValue()).stream())
            .toArray(String[]::new));
  }
}

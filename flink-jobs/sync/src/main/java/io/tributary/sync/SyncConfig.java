package io.tributary.sync;

import io.tributary.clickhouse.ClickHouseConnection;
import io.tributary.clickhouse.FlushSettings;
import io.tributary.clickhouse.FlushSettings.Rest;
import io.tributary.common.Arguments;
import io.tributary.common.TableSpec;
import java.time.Duration;
import java.util.List;

/**
 * What the job is told on its command line.
 *
 * @param kafkaBootstrap Kafka's address, {@code host:port}
 * @param group consumer group whose committed offsets the job starts from
 * @param tables the tables and their topics
 * @param warehouse where the rows go
 * @param visibility when a change may be seen in the warehouse
 * @param checkpointInterval how often places are made safe: what is read again after a failure
 * @param flush when buffered rows go to the warehouse
 */
public record SyncConfig(
    String kafkaBootstrap,
    String group,
    List<TableSpec> tables,
    ClickHouseConnection warehouse,
    Visibility visibility,
    Duration checkpointInterval,
    FlushSettings flush) {

  private static final int MAX_FLUSH_ROWS = 1_000_000;

  /** A burst of changes is over when nothing has come for this part of the flush interval. */
  private static final int QUIET_PART = 10;

  /**
   * So many changes of one table at once come under a load that takes all there is: there, two
   * commits go in at once. Less would not do: 5,000 changes a second make 2,000 in the longest
   * rest, which would then be followed by the next.
   */
  private static final Rest REST = new Rest(5_000, 8, Duration.ofMillis(500));

  /** Memory that a batch may take: more than this makes no insert cheaper. */
  private static final long MAX_FLUSH_BYTES = 16L << 20;

  /** Memory that all batches may take, however many tables are behind at once. */
  private static final long BUFFER_BYTES = 240L << 20;

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException naming every missing, bad and unknown argument
   */
  public static SyncConfig fromArgs(String... argv) {
    Arguments args = Arguments.of(argv);
    List<TableSpec> tables = args.tables("tables");
    SyncConfig config =
        new SyncConfig(
            args.text("kafka-bootstrap"),
            args.text("group"),
            tables,
            new ClickHouseConnection(
                args.text("clickhouse-url"),
                args.text("clickhouse-user"),
                args.text("clickhouse-password-file"),
                args.text("database")),
            args.read("visibility", Visibility.COMMITTED, Visibility::parse),
            args.millis("checkpoint-interval-ms"),
            flushSettings(
                tables.size(),
                (int) args.integer("flush-rows", 1, MAX_FLUSH_ROWS),
                args.millis("flush-interval-ms")));
    args.requireValid();
    return config;
  }

  private static FlushSettings flushSettings(int tables, int rows, Duration interval) {
    long share = BUFFER_BYTES / ((long) FlushSettings.BATCHES * Math.max(1, tables));
    Duration quiet = interval.dividedBy(QUIET_PART);
    return new FlushSettings(
        rows,
        Math.min(MAX_FLUSH_BYTES, share),
        interval,
        quiet.toMillis() < 1 ? Duration.ofMillis(1) : quiet,
        REST);
  }
}

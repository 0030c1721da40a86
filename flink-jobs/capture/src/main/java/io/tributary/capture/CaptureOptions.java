package io.tributary.capture;

import io.tributary.capture.sink.Transactions;
import io.tributary.common.Arguments;
import io.tributary.common.TableSpec;
import io.tributary.common.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the capture job is told on its command line.
 *
 * @param mysqlHost host of the source
 * @param mysqlPort port of the source
 * @param mysqlUser user with SELECT on the tables, REPLICATION SLAVE and REPLICATION CLIENT
 * @param mysqlPasswordFile file with that user's password; read once, where the job is submitted
 * @param database the captured database
 * @param tables the captured tables and their topics
 * @param serverIds server ids that the job may use towards the source, one per subtask
 * @param kafkaBootstrap Kafka's addresses
 * @param transactionalIdPrefix start of every transactional id; no other job may use it
 * @param transactionTimeout how long Kafka keeps a transaction open: an outage between a checkpoint
 *     and its commit that lasts longer stops the job for good
 * @param checkpointInterval how often changes become visible in the topics
 * @param epoch the source's epoch, part of every change's version
 * @param snapshot the number of the snapshot within the epoch
 * @param pollInterval the longest time the binlog reader holds a change back
 * @param binlogRetention how long the source has to keep its binlog: the longest outage of capture
 * @param heartbeats the captured table into which the source writes a row a second
 */
public record CaptureOptions(
    String mysqlHost,
    int mysqlPort,
    String mysqlUser,
    Path mysqlPasswordFile,
    String database,
    List<TableSpec> tables,
    ServerIds serverIds,
    String kafkaBootstrap,
    String transactionalIdPrefix,
    Duration transactionTimeout,
    Duration checkpointInterval,
    int epoch,
    int snapshot,
    Duration pollInterval,
    Duration binlogRetention,
    String heartbeats) {

  private static final Duration DEFAULT_POLL_INTERVAL = Duration.ofMillis(20);

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException naming everything that is wrong with it
   */
  public static CaptureOptions fromArgs(String... argv) {
    Arguments args = Arguments.of(argv);
    CaptureOptions options =
        new CaptureOptions(
            args.text("mysql-host"),
            args.port("mysql-port"),
            args.text("mysql-user"),
            Path.of(args.text("mysql-password-file")),
            args.text("database"),
            args.tables("tables"),
            args.read("server-id", new ServerIds(1, 1), ServerIds::parse),
            args.text("kafka-bootstrap"),
            args.text("transactional-id-prefix"),
            args.millis("transaction-timeout-ms"),
            args.millis("checkpoint-interval-ms"),
            (int) args.integer("epoch", 0, Version.MAX_EPOCH),
            (int) args.integer("snapshot", 0, Integer.MAX_VALUE),
            args.millis("poll-interval-ms", DEFAULT_POLL_INTERVAL),
            Duration.ofSeconds(args.integer("binlog-retention-s", 1, Integer.MAX_VALUE)),
            args.text("heartbeats"));
    args.requireValid();
    options.heartbeatsTable();
    return options;
  }

  /** The transactions that the job makes. */
  public Transactions transactions() {
    return new Transactions(kafkaBootstrap, transactionalIdPrefix, epoch + "." + snapshot);
  }

  /** The spec of the table with the heartbeats. */
  public TableSpec heartbeatsTable() {
    return tables.stream()
        .filter(table -> table.table().equals(heartbeats))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--heartbeats %s is none of --tables".formatted(heartbeats)));
  }

  /**
   * A range of server ids, both ends included.
   *
   * @param first the lowest id, at least 1
   * @param last the highest id
   */
  public record ServerIds(long first, long last) {
    private static final long MAX = 0xFFFF_FFFFL;

    /** Reads {@code 5400-5403}. */
    public static ServerIds parse(String text) {
      String[] ends = text.split("-", -1);
      try {
        if (ends.length == 2) {
          ServerIds ids = new ServerIds(Long.parseLong(ends[0]), Long.parseLong(ends[1]));
          if (ids.first >= 1 && ids.first <= ids.last && ids.last <= MAX) {
            return ids;
          }
        }
      } catch (NumberFormatException e) {
        // Falls through to the one message.
      }
      throw new IllegalArgumentException(
          "must be a range of server ids such as 5400-5403, not '%s'".formatted(text));
    }

    /** Whether the range holds an id. */
    public boolean contains(long id) {
      return id >= first && id <= last;
    }

    @Override
    public String toString() {
      return first + "-" + last;
    }
  }
}

package io.tributary.capture.preflight;

import io.tributary.capture.records.BinlogEnd;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the source says about itself, as far as capture depends on it.
 *
 * @param version the server's version, e.g. {@code 9.7.4}
 * @param variables global system variables by name, lower case; unknown ones are absent
 * @param utcOffsetSeconds how far the server's time zone is ahead of UTC in winter, or else in
 *     summer; in seconds
 * @param binlogEnd the end of the binlog, read before all else; empty if the user may not ask
 * @param replicaIds server ids of those who read the binlog now; empty if the user may not read it
 *     either (REPLICATION SLAVE)
 * @param binlogReaders connections of the capture user that read the binlog now; the server does
 *     not count them among the replicas
 * @param tables the wanted tables that exist, by name
 * @param unreadableTables wanted tables that the user may not SELECT
 * @param cascades foreign keys on wanted tables that change rows by themselves
 * @param beats when it beat, by the number of the heartbeat, as far as it keeps them
 */
public record SourceFacts(
    String version,
    Map<String, String> variables,
    long utcOffsetSeconds,
    Optional<BinlogEnd> binlogEnd,
    Optional<Set<Long>> replicaIds,
    int binlogReaders,
    Map<String, Table> tables,
    Set<String> unreadableTables,
    List<Cascade> cascades,
    Map<Long, Instant> beats) {

  /** The server's own name for itself; another server, or one that was set up anew, has another. */
  public String serverUuid() {
    return variables.getOrDefault("server_uuid", "");
  }

  /**
   * A table.
   *
   * @param key its primary key's columns, in key order; empty if it has none
   * @param columnTypes the type of each column, e.g. {@code bigint}, by name
   * @param invisibleColumns those of its columns that {@code SELECT *} leaves out
   * @param definition its {@code CREATE TABLE}; empty if the user may not read it
   * @param size as the server estimates it
   */
  public record Table(
      List<String> key,
      Map<String, String> columnTypes,
      Set<String> invisibleColumns,
      String definition,
      Size size) {}

  /**
   * How large a table is.
   *
   * @param bytes of all its rows
   * @param bytesPerRow of one on average; of a small table too many, since rows lie in pages
   */
  public record Size(long bytes, long bytesPerRow) {}

  /**
   * A foreign key with a rule such as CASCADE or SET NULL.
   *
   * @param table the table whose rows it changes
   * @param constraint its name
   * @param rule what it does, e.g. {@code ON DELETE CASCADE}
   */
  public record Cascade(String table, String constraint, String rule) {}
}

package io.tributary.capture.preflight;

import java.time.Instant;

/**
 * A heartbeat that capture has written to its topic.
 *
 * @param number its number: the source counts up by one
 * @param beatenAt when the source beat
 * @param epoch the epoch under which it was captured
 * @param serverUuid the server that beat
 * @param file the binlog file it stands in
 * @param pos the start of its event in that file, in bytes
 */
public record Beat(
    long number, Instant beatenAt, int epoch, String serverUuid, String file, long pos) {
  /** The column with the server. */
  public static final String SERVER_UUID = "server_uuid";

  /** The column with the number. */
  public static final String NUMBER = "beat";

  /** The column with the time. */
  public static final String BEATEN_AT = "beaten_at";
}

package io.tributary.capture.preflight;

/**
 * A heartbeat that capture has written to its topic.
 *
 * @param epoch the epoch under which it was captured
 * @param serverUuid the server that beat
 * @param file the binlog file it stands in
 * @param pos the start of its event in that file, in bytes
 */
public record Beat(int epoch, String serverUuid, String file, long pos) {
  /** The column with the server. */
  public static final String SERVER_UUID = "server_uuid";
}

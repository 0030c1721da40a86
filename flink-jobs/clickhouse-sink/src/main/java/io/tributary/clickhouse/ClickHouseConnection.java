package io.tributary.clickhouse;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the warehouse is and who asks. The password itself never travels with the job: each task
 * reads the file where it runs.
 *
 * @param url HTTP address, e.g. {@code http://clickhouse-server:8123}
 * @param user who inserts
 * @param passwordFile file that holds the user's password
 * @param database the database of all target tables
 */
public record ClickHouseConnection(String url, String user, String passwordFile, String database)
    implements Serializable {

  /**
   * The password, without the line break that may end the file.
   *
   * @throws UncheckedIOException if the file cannot be read
   */
  public String readPassword() {
    try {
      return Files.readString(Path.of(passwordFile)).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read the password of ClickHouse user %s from %s".formatted(user, passwordFile),
          e);
    }
  }
}

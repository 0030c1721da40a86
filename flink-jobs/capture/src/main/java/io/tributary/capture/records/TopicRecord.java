package io.tributary.capture.records;

/** A Kafka record in the making. A plain class with public fields, as Flink's serialiser wants. */
public final class TopicRecord {
  /** In the place of a heartbeat's number: the source counts from 1. */
  public static final long NO_BEAT = 0;

  /** Likewise, where one was deleted: the source may count again what it has counted. */
  public static final long DELETED_BEAT = -1;

  public String topic;
  public byte[] key;
  public byte[] value;

  /** Whether it is a row of the snapshot rather than a change from the binlog. */
  public boolean snapshot;

  /** The version of the row, as the warehouse will have it. */
  public long version;

  /** The transaction the change was made in: its GTID. Null for a row of the snapshot. */
  public String transaction;

  /** The number of the heartbeat, if the change is one from the binlog. */
  public long beat = NO_BEAT;

  /** Whether the change would come again just the same if the job had to go back. */
  public boolean settled;

  /** For Flink's serialiser. */
  public TopicRecord() {}

  /**
   * @param topic where the record goes
   * @param key its key: decides the partition
   * @param value the change event
   * @param snapshot whether it is a row of the snapshot
   * @param version the row's version
   * @param transaction the GTID of the change's transaction; null for a row of the snapshot
   */
  public TopicRecord(
      String topic, byte[] key, byte[] value, boolean snapshot, long version, String transaction) {
    this.topic = topic;
    this.key = key;
    this.value = value;
    this.snapshot = snapshot;
    this.version = version;
    this.transaction = transaction;
  }
}

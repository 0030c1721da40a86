package io.tributary.capture.records;

/** A Kafka record in the making. A plain class with public fields, as Flink's serialiser wants. */
public final class TopicRecord {
  public String topic;
  public byte[] key;
  public byte[] value;

  /** For Flink's serialiser. */
  public TopicRecord() {}

  /**
   * @param topic where the record goes
   * @param key its key: decides the partition
   * @param value the change event
   */
  public TopicRecord(String topic, byte[] key, byte[] value) {
    this.topic = topic;
    this.key = key;
    this.value = value;
  }
}

package io.tributary.sync.records;

/**
 * A Kafka record as it was read. Stays unparsed so that a dead letter keeps the very bytes.
 *
 * @param topic where it was read
 * @param partition its partition
 * @param offset its place in the partition
 * @param timestamp when capture wrote it, in milliseconds since 1970
 * @param key its key, or null
 * @param value the change event, or null
 */
public record ChangeRecord(
    String topic, int partition, long offset, long timestamp, byte[] key, byte[] value) {

  /** Where the record stands, for messages: {@code orders-cdc-topic/2/4711}. */
  public String place() {
    return topic + "/" + partition + "/" + offset;
  }
}

package io.tributary.capture.functions;

import io.tributary.capture.records.TopicRecord;
import io.tributary.common.ChangeEvent;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Hands a record to Kafka without naming a partition, so that Kafka's own partitioner chooses it
 * from the key: all changes of one row stay in order, whichever client wrote them.
 */
public final class TopicRecordSchema implements KafkaRecordSerializationSchema<TopicRecord> {
  private static final long serialVersionUID = 1L;
  private static final byte[] NOTHING = {};

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      TopicRecord record, KafkaSinkContext context, Long timestamp) {
    var produced = new ProducerRecord<>(record.topic, record.key, record.value);
    if (record.settled) {
      produced.headers().add(ChangeEvent.SETTLED_HEADER, NOTHING);
    }
    return produced;
  }
}

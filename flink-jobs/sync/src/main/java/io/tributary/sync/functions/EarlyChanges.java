package io.tributary.sync.functions;

import io.tributary.common.ChangeEvent;
import io.tributary.sync.records.ChangeRecord;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Of the records whose transaction is still open, those worth showing early: settled ones, see
 * {@link ChangeEvent#SETTLED_HEADER}, and no older than they may be. What is older comes committed
 * any moment; leaving it out lets a job that is behind catch up without doing everything twice.
 */
public final class EarlyChanges implements KafkaRecordDeserializationSchema<ChangeRecord> {
  private static final long serialVersionUID = 1;

  private final ChangeRecordSchema schema = new ChangeRecordSchema();
  private final long maxAgeMillis;

  /**
   * @param maxAge how long ago capture may have written a record
   */
  public EarlyChanges(Duration maxAge) {
    this.maxAgeMillis = maxAge.toMillis();
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ChangeRecord> out) {
    if (isWorthShowing(record, System::currentTimeMillis)) {
      schema.deserialize(record, out);
    }
  }

  boolean isWorthShowing(ConsumerRecord<byte[], byte[]> record, LongSupplier clock) {
    return record.headers().lastHeader(ChangeEvent.SETTLED_HEADER) != null
        && clock.getAsLong() - record.timestamp() <= maxAgeMillis;
  }

  @Override
  public TypeInformation<ChangeRecord> getProducedType() {
    return schema.getProducedType();
  }
}

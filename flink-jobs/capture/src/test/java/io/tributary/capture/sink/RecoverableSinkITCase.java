package io.tributary.capture.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What becomes of transactions that a job has left, with a real Kafka. The system property {@code
 * it.kafka.bootstrap} names it.
 */
@Timeout(120)
class RecoverableSinkITCase {
  private final String bootstrap =
      Objects.requireNonNull(
          System.getProperty("it.kafka.bootstrap"), "set -Dit.kafka.bootstrap=host:port");
  private final String topic = "left-" + UUID.randomUUID();
  private final Transactions transactions = new Transactions(bootstrap, topic, "0.0");
  private final List<KafkaProducer<String, String>> producers = new ArrayList<>();
  private Admin kafka;

  @BeforeEach
  void prepare() throws Exception {
    kafka = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap));
    kafka.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
  }

  @AfterEach
  void cleanUp() throws Exception {
    transactions.abortAll();
    producers.forEach(KafkaProducer::close);
    kafka.deleteTopics(List.of(topic)).all().get();
    kafka.close();
  }

  @Test
  void whatACheckpointHasPreparedIsCommittedAndMayBeOnceMore() throws Exception {
    String id = leaveOpen("-0-5");
    byte[] prepared = committable(id);
    commit(prepared);
    assertThat(transactions.abortAll()).as("still open").isEmpty();
    commit(prepared);
  }

  @Test
  void whereItWasAbortedTheJobStopsForGood() throws Exception {
    String id = leaveOpen("-0-5");
    byte[] prepared = committable(id);
    assertThat(transactions.abortAll()).containsExactly(id);
    assertThatThrownBy(() -> commit(prepared))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining(id)
        .hasMessageContaining("setting `snapshot`");
  }

  @Test
  void whatBeganBehindTheCheckpointIsAbortedAlsoBeyondUnusedNumbers() throws Exception {
    String prepared = leaveOpen("-0-7");
    String begun = leaveOpen("-0-12");
    String another = leaveOpen("-1-12");
    assertThat(transactions.abortBehind(7, 0, 2)).containsExactly(begun);
    assertThat(transactions.abortAll()).containsExactly(prepared, another);
  }

  /** Writes a record in a transaction and leaves it at that, as a job does that is killed. */
  private String leaveOpen(String numbers) throws Exception {
    String id = transactions.idPrefix() + numbers;
    KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                id),
            new StringSerializer(),
            new StringSerializer());
    producers.add(producer);
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, id)).get();
    return id;
  }

  /** As the connector saves it. */
  private byte[] committable(String id) throws Exception {
    TransactionDescription transaction = describe(id);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeShort(transaction.producerEpoch());
      out.writeLong(transaction.producerId());
      out.writeUTF(id);
    }
    return bytes.toByteArray();
  }

  private TransactionDescription describe(String id) throws Exception {
    return kafka.describeTransactions(List.of(id)).description(id).get();
  }

  private void commit(byte[] saved) throws Exception {
    commit(
        RecoverableSink.of(
            KafkaSink.<String>builder()
                .setBootstrapServers(bootstrap)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(transactions.idPrefix())
                .setRecordSerializer(
                    KafkaRecordSerializationSchema.<String>builder()
                        .setTopic(topic)
                        .setValueSerializationSchema(new SimpleStringSchema())
                        .build())
                .build(),
            transactions),
        saved);
  }

  @SuppressWarnings("try") // As the interface has it, closing may be interrupted.
  private static <C> void commit(RecoverableSink<?, ?, C> sink, byte[] saved) throws Exception {
    SimpleVersionedSerializer<C> serializer = sink.getCommittableSerializer();
    Answers<C> answers = new Answers<>(serializer.deserialize(serializer.getVersion(), saved));
    try (Committer<C> committer = sink.createCommitter(null)) {
      committer.commit(List.of(answers));
    }
    assertThat(answers.given()).isEmpty();
  }
}

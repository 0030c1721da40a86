package io.tributary.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.clickhouse.testing.RealClickHouse;
import io.tributary.common.ChangeEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The job between a real Kafka and a real ClickHouse. The system property {@code
 * it.kafka.bootstrap} names the first; for the second see {@link RealClickHouse}.
 */
@Timeout(300)
class SyncJobITCase {
  private static final String DATABASE = "sync_it";
  private static final long POLL_MILLIS = 100;
  private static final String DAY = "2025-01-11T10:30:00Z";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(2)
              .build());

  private final String bootstrap =
      Objects.requireNonNull(
          System.getProperty("it.kafka.bootstrap"), "set -Dit.kafka.bootstrap=host:port");
  private final String topic = "orders-" + UUID.randomUUID();
  private final String deadLetterTopic = topic + "-dlq";

  /** Behind the last record of each partition that has one. */
  private final Map<TopicPartition, Long> nextOffsets = new HashMap<>();

  private RealClickHouse warehouse;
  private Admin kafka;
  private KafkaProducer<String, String> producer;
  private JobClient job;

  @BeforeEach
  void prepare() throws Exception {
    warehouse = new RealClickHouse(DATABASE);
    warehouse.execute(
        """
        CREATE TABLE %s.orders_rows (
          order_id Int64,
          product_name String,
          total_price Decimal(12, 2),
          created_at DateTime64(6, 'UTC'),
          _version UInt64,
          _is_deleted UInt8,
          _topic_time DateTime64(3, 'UTC'),
          _ingested_at DateTime64(3, 'UTC') DEFAULT now64(3),
          CONSTRAINT price_is_not_negative CHECK total_price >= 0
        ) ENGINE = ReplacingMergeTree(_version, _is_deleted)
        PARTITION BY toYYYYMM(created_at) ORDER BY order_id"""
            .formatted(DATABASE));
    kafka = Admin.create(Map.of("bootstrap.servers", bootstrap));
    kafka
        .createTopics(
            List.of(new NewTopic(topic, 3, (short) 1), new NewTopic(deadLetterTopic, 1, (short) 1)))
        .all()
        .get();
    producer = producer("committed-" + topic);
  }

  @AfterEach
  void cleanUp() throws Exception {
    stop();
    producer.close(Duration.ZERO);
    kafka.deleteTopics(List.of(topic, deadLetterTopic)).all().get();
    kafka.close();
    warehouse.close();
  }

  @Test
  void bringsChangesInAndHoldsThroughReplays() throws Exception {
    commit(
        change(1, "c", null, order(1, "Laptop", "10.00", "2025-01-11T10:30:00Z"), 100),
        change(2, "r", null, order(2, "Mouse", "20.00", "2025-01-12T10:30:00Z"), 100),
        change(3, "c", null, order(3, "Desk", "30.00", "2025-01-13T10:30:00Z"), 200));
    start("first-" + topic);
    eventually("three rows", this::orders, rows -> rows.size() == 3);

    commit(
        change(
            1,
            "u",
            order(1, "Laptop", "10.00", "2025-01-11T10:30:00Z"),
            order(1, "Laptop 😀", "11.50", "2025-01-11T10:30:00Z"),
            300),
        change(2, "d", order(2, "Mouse", "20.00", "2025-01-12T10:30:00Z"), null, 400),
        change(
            3,
            "u",
            order(3, "Desk", "30.00", "2025-01-13T10:30:00Z"),
            order(3, "Desk", "30.00", "2025-02-01T00:00:00.000001Z"),
            500));
    List<String> expected =
        List.of(
            "1 Laptop 😀 11.5 2025-01-11 10:30:00.000000", "3 Desk 30 2025-02-01 00:00:00.000001");
    eventually("the changed rows", this::orders, expected::equals);

    // What an older job did comes again, from the start, beside the first.
    stop();
    start("second-" + topic);
    awaitCommitted("second-" + topic);
    assertThat(orders()).isEqualTo(expected);
    warehouse.execute("OPTIMIZE TABLE %s.orders_rows FINAL".formatted(DATABASE));
    assertThat(orders()).isEqualTo(expected);
    assertThat(
            warehouse.value(
                "SELECT count() FROM %s.orders_rows WHERE _is_deleted = 0".formatted(DATABASE)))
        .isEqualTo("2");
  }

  @Test
  void readsOnlyWhatIsCommitted() throws Exception {
    try (KafkaProducer<String, String> aborting = producer("aborted-" + topic)) {
      aborting.beginTransaction();
      aborting.send(
          change(1, "c", null, order(1, "Ghost", "1.00", "2025-01-11T10:30:00Z"), 100).to(topic));
      aborting.flush();
      aborting.abortTransaction();
    }
    commit(change(2, "c", null, order(2, "Mouse", "1.00", "2025-01-11T10:30:00Z"), 200));
    start("group-" + topic);

    eventually("the committed row", this::orders, rows -> rows.size() == 1);
    assertThat(orders()).containsExactly("2 Mouse 1 2025-01-11 10:30:00.000000");
  }

  @Test
  void showsSettledChangesEarlyAndTheirAbortChangesNothing() throws Exception {
    commit(change(1, "c", null, order(1, "Anchor", "1.00", "2025-01-11T10:30:00Z"), 100));
    start("group-" + topic, "early");
    eventually("the committed row", this::orders, rows -> rows.size() == 1);

    Message first = change(2, "c", null, order(2, "Early", "1.00", "2025-01-11T10:30:00Z"), 200);
    Message unsettled = change(3, "r", null, order(3, "Late", "1.00", "2025-01-11T10:30:00Z"), 90);
    try (KafkaProducer<String, String> aborting = producer("aborted-" + topic)) {
      aborting.beginTransaction();
      aborting.send(unsettled.to(topic));
      eventually(
          "the settled change, which is not committed",
          () -> {
            // Sent again and again: the early source starts at the end of each partition.
            aborting.send(settled(first)).get();
            return orders();
          },
          rows -> rows.contains("2 Early 1 2025-01-11 10:30:00.000000"));
      assertThat(orders()).hasSize(2);
      aborting.abortTransaction();
    }

    commit(
        first,
        change(
            2,
            "u",
            order(2, "Early", "1.00", "2025-01-11T10:30:00Z"),
            order(2, "Newer", "1.00", "2025-01-11T10:30:00Z"),
            300));
    eventually(
        "what was committed in the end",
        this::orders,
        List.of("1 Anchor 1 2025-01-11 10:30:00.000000", "2 Newer 1 2025-01-11 10:30:00.000000")
            ::equals);
  }

  @Test
  void keepsWhatCanNeverBeStoredWithItsReasonAndStoresTheRest() throws Exception {
    commit(
        change(1, "c", null, order(1, "Laptop", "10.00", "2025-01-11T10:30:00Z"), 100),
        change(2, "c", null, order(2, "Refused", "-1.00", "2025-01-11T10:30:00Z"), 200),
        change(3, "c", null, order(3, "Unwritable", "1.005", "2025-01-11T10:30:00Z"), 300),
        new Message(0, "{\"order_id\":4}", "not JSON"));
    start("group-" + topic);

    eventually("the good row", this::orders, rows -> rows.size() == 1);
    List<ConsumerRecord<byte[], byte[]>> letters = deadLetters(3);
    assertThat(letters)
        .extracting(letter -> header(letter, "reason").orElse(""))
        .satisfiesExactlyInAnyOrder(
            reason -> assertThat(reason).contains("price_is_not_negative"),
            reason -> assertThat(reason).contains("total_price", "more than the column's 2"),
            reason -> assertThat(reason).contains("not a change event"));
    assertThat(letters)
        .allSatisfy(
            letter -> {
              assertThat(header(letter, "table")).contains("orders_rows");
              assertThat(header(letter, "topic")).contains(topic);
              assertThat(header(letter, "offset")).isPresent();
            })
        .anySatisfy(
            letter -> {
              assertThat(letter.value()).asString(StandardCharsets.UTF_8).isEqualTo("not JSON");
              assertThat(letter.key())
                  .asString(StandardCharsets.UTF_8)
                  .isEqualTo("{\"order_id\":4}");
            });
  }

  @Test
  void followsATopicThatGrowsFromThreeToSixPartitions() throws Exception {
    start("group-" + topic);
    commit(change(1, "c", null, order(1, "Before", "1.00", "2025-01-11T10:30:00Z"), 100));
    eventually("the first row", this::orders, rows -> rows.size() == 1);

    kafka.createPartitions(Map.of(topic, NewPartitions.increaseTo(6))).all().get();
    List<Message> changes = new ArrayList<>();
    for (int id = 0; id < 6; id++) {
      String after = order(10 + id, "After", "1.00", "2025-01-11T10:30:00Z");
      changes.add(new Message(id, "key", event("c", null, after, 200 + 100 * id)));
    }
    eventually("six partitions", this::partitionCount, count -> count == 6);
    commit(changes);

    eventually("a row of each partition", this::orders, rows -> rows.size() == 7);
  }

  @Test
  void stopsWhereTheTopicHasLostWhatWasNotReadYet(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    String group = "group-" + topic;
    commit(new Message(0, "key", event("c", null, order(1, "Read", "1.00", DAY), 100)));
    start(group);
    awaitCommitted(group);
    stop();
    commit(new Message(0, "key", event("c", null, order(2, "Lost", "1.00", DAY), 200)));
    commit(new Message(0, "key", event("c", null, order(3, "Kept", "1.00", DAY), 300)));
    TopicPartition partition = new TopicPartition(topic, 0);
    kafka
        .deleteRecords(
            Map.of(partition, RecordsToDelete.beforeOffset(nextOffsets.get(partition) - 1)))
        .all()
        .get();

    start(group);
    eventually(
        "a failure that names the partition",
        () -> failureOf(job, cluster),
        failure -> failure.contains("out of range") && failure.contains(partition.toString()));
    assertThat(orders()).containsExactly("1 Read 1 2025-01-11 10:30:00.000000");
  }

  /** What last went wrong in the job, which starts again and again. */
  private static String failureOf(JobClient job, MiniCluster cluster) throws Exception {
    ErrorInfo failure = cluster.getExecutionGraph(job.getJobID()).get().getFailureInfo();
    return failure == null ? "" : failure.getExceptionAsString();
  }

  @Test
  void commitsItsOffsetsForTheGroup() throws Exception {
    commit(change(1, "c", null, order(1, "Laptop", "1.00", "2025-01-11T10:30:00Z"), 100));
    start("group-" + topic);

    awaitCommitted("group-" + topic);
  }

  /** What is sent to a partition, or to the one its key belongs to if that is null. */
  private record Message(Integer partition, String key, String value) {
    ProducerRecord<String, String> to(String topic) {
      return new ProducerRecord<>(topic, partition, key, value);
    }
  }

  private void start(String group) throws Exception {
    start(group, "committed");
  }

  private void start(String group, String visibility) throws Exception {
    SyncConfig config =
        SyncConfig.fromArgs(
            "--kafka-bootstrap",
            bootstrap,
            "--group",
            group,
            "--tables",
            """
                [{"table":"orders","key":["order_id"],"topic":"%s","deadLetterTopic":"%s",
                  "rows":"orders_rows","partitionBy":{"column":"created_at","unit":"month"}}]"""
                .formatted(topic, deadLetterTopic),
            "--clickhouse-url",
            warehouse.connection().url(),
            "--clickhouse-user",
            warehouse.connection().user(),
            "--clickhouse-password-file",
            warehouse.connection().passwordFile(),
            "--database",
            DATABASE,
            "--visibility",
            visibility,
            "--checkpoint-interval-ms",
            "500",
            "--flush-rows",
            "10000",
            "--flush-interval-ms",
            "50");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(
            SyncJob.settings(config.checkpointInterval()));
    env.setParallelism(2);
    SyncJob.define(env, config);
    job = env.executeAsync(SyncJob.NAME);
  }

  private void stop() throws Exception {
    if (job != null) {
      job.cancel().get();
      eventually(
          "the job's end", () -> job.getJobStatus().get(), JobStatus::isGloballyTerminalState);
      job = null;
    }
  }

  private KafkaProducer<String, String> producer(String transactionalId) {
    Properties properties = new Properties();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    var created =
        new KafkaProducer<String, String>(
            properties, new StringSerializer(), new StringSerializer());
    created.initTransactions();
    return created;
  }

  private void commit(Message... messages) throws Exception {
    commit(List.of(messages));
  }

  private void commit(List<Message> messages) throws Exception {
    producer.beginTransaction();
    for (Message message : messages) {
      RecordMetadata written = producer.send(message.to(topic)).get();
      nextOffsets.merge(
          new TopicPartition(topic, written.partition()), written.offset() + 1, Math::max);
    }
    producer.commitTransaction();
  }

  private ProducerRecord<String, String> settled(Message message) {
    ProducerRecord<String, String> record = message.to(topic);
    record.headers().add(ChangeEvent.SETTLED_HEADER, new byte[0]);
    return record;
  }

  private static Message change(int id, String op, String before, String after, long pos) {
    return new Message(null, "{\"order_id\":%d}".formatted(id), event(op, before, after, pos));
  }

  private static String event(String op, String before, String after, long pos) {
    return """
        {"before":%s,"after":%s,"op":"%s","ts_ms":1736592600000,"source":{"epoch":0,\
        "db":"platform","table":"orders","ts_ms":1,"file":"binlog.000001","pos":%d,"row":0}}"""
        .formatted(before, after, op, pos);
  }

  private static String order(int id, String product, String price, String createdAt) {
    return """
        {"order_id":%d,"product_name":"%s","total_price":"%s","created_at":"%s"}"""
        .formatted(id, product, price, createdAt);
  }

  private List<String> orders() {
    return warehouse
        .query(
            """
            SELECT concat(toString(order_id), ' ', product_name, ' ', toString(total_price), ' ',
                          toString(created_at)) AS line
            FROM %s.orders_rows FINAL ORDER BY order_id"""
                .formatted(DATABASE))
        .stream()
        .map(row -> row.get("line"))
        .toList();
  }

  private int partitionCount() throws ExecutionException, InterruptedException {
    return kafka
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get()
        .get(topic)
        .partitions()
        .size();
  }

  /** What the group has committed, by partition. */
  private Map<TopicPartition, Long> committedOffsets(String group)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    kafka
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
    return offsets;
  }

  private void awaitCommitted(String group) throws Exception {
    eventually(
        "the offsets %s for %s".formatted(nextOffsets, group),
        () -> committedOffsets(group),
        offsets -> offsets.entrySet().containsAll(nextOffsets.entrySet()));
  }

  private List<ConsumerRecord<byte[], byte[]>> deadLetters(int count) throws Exception {
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", bootstrap),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = List.of(new TopicPartition(deadLetterTopic, 0));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
      eventually(
          count + " dead letters",
          () -> {
            consumer.poll(Duration.ofMillis(200)).forEach(letters::add);
            return letters.size();
          },
          size -> size >= count);
      return letters;
    }
  }

  private static Optional<String> header(ConsumerRecord<byte[], byte[]> letter, String name) {
    return Optional.ofNullable(letter.headers().lastHeader(name))
        .map(header -> new String(header.value(), StandardCharsets.UTF_8));
  }

  @FunctionalInterface
  private interface Probe<V> {
    V look() throws Exception;
  }

  private static <V> void eventually(String what, Probe<V> probe, Predicate<V> condition)
      throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    V seen = probe.look();
    while (!condition.test(seen)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no sign of %s; last seen: %s".formatted(what, seen));
      }
      Thread.sleep(POLL_MILLIS);
      seen = probe.look();
    }
  }
}

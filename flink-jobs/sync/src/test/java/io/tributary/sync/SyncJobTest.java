package io.tributary.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.clickhouse.ClickHouseSink;
import io.tributary.clickhouse.DeadLetters;
import io.tributary.clickhouse.FlushSettings;
import io.tributary.clickhouse.schema.Column;
import io.tributary.clickhouse.testing.ClickHouseStub;
import io.tributary.clickhouse.testing.ClickHouseStub.Answer;
import io.tributary.common.TableSpec;
import io.tributary.sync.functions.ChangeEncoder;
import io.tributary.sync.records.ChangeRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole pipeline on a small Flink cluster, between a bounded source and the stub. */
@Timeout(300)
class SyncJobTest {
  private static final long CHANGES = 2_000;
  private static final TableSpec USERS =
      new TableSpec(
          "users",
          List.of("user_id"),
          "users-cdc-topic",
          "users-cdc-topic-dlq",
          "users_rows",
          null);
  private static final Column[] COLUMNS = {
    new Column("user_id", "Int64"),
    new Column("name", "String"),
    new Column("_version", "UInt64"),
    new Column("_is_deleted", "UInt8"),
    new Column("_topic_time", "DateTime64(3, 'UTC')")
  };

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(2)
              .build());

  /** The offsets of the dead letters; static, because the sink is serialised on its way. */
  private static final Set<Long> LETTERS = ConcurrentHashMap.newKeySet();

  record Letters() implements DeadLetters<ChangeRecord> {
    @Override
    public void add(ChangeRecord element, String table, String reason) {
      LETTERS.add(element.offset());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @TempDir Path folder;

  @Test
  void bringsEveryChangeInAlthoughTheJobRestartsOnTheWay() throws Exception {
    LETTERS.clear();
    AtomicInteger inserts = new AtomicInteger();
    try (ClickHouseStub clickHouse = new ClickHouseStub().withTable("users_rows", COLUMNS)) {
      clickHouse.onInsert(
          insert ->
              inserts.incrementAndGet() == 10
                  ? Answer.refused(516, "AUTHENTICATION_FAILED")
                  : Answer.STORED);
      Configuration settings = SyncJob.settings(Duration.ofMillis(200));
      StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
      env.setParallelism(2);
      SyncJob.define(env, source(), sink(clickHouse));

      env.execute("test");

      Set<Object> stored =
          clickHouse.rows("users_rows").stream()
              .map(row -> row.get("user_id"))
              .collect(Collectors.toSet());
      Set<Long> expected =
          LongStream.range(0, CHANGES)
              .filter(i -> !isUnreadable(i))
              .boxed()
              .collect(Collectors.toSet());
      assertThat(stored).isEqualTo(expected);
      assertThat(LETTERS)
          .isEqualTo(
              LongStream.range(0, CHANGES)
                  .filter(SyncJobTest::isUnreadable)
                  .boxed()
                  .collect(Collectors.toSet()));
      assertThat(inserts).hasValueGreaterThan(10);
    }
  }

  @Test
  void namesEveryOperatorAndFixesItsPlaceInSavepoints() throws Exception {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(SyncJob.settings(Duration.ofSeconds(1)));
    try (ClickHouseStub clickHouse = new ClickHouseStub()) {
      SyncJob.define(env, source(), sink(clickHouse));
    }

    assertThat(env.getMaxParallelism()).isPositive();
    assertThat(env.getStreamGraph().getStreamNodes())
        .hasSize(2)
        .extracting(StreamNode::getTransformationUID)
        .doesNotContainNull();
  }

  private static boolean isUnreadable(long number) {
    return number % 500 == 7;
  }

  private static DataGeneratorSource<ChangeRecord> source() {
    return new DataGeneratorSource<>(
        SyncJobTest::change,
        CHANGES,
        RateLimiterStrategy.perSecond(2_000),
        TypeInformation.of(ChangeRecord.class));
  }

  private static ChangeRecord change(long number) {
    String value =
        """
        {"before":null,"after":{"user_id":%d,"name":"Ann"},"op":"c","ts_ms":1,
         "source":{"epoch":0,"file":"binlog.000001","pos":%d,"row":0}}"""
            .formatted(number, 100 * number);
    return new ChangeRecord(
        USERS.topic(),
        0,
        number,
        0,
        null,
        (isUnreadable(number) ? "?" : value).getBytes(StandardCharsets.UTF_8));
  }

  private ClickHouseSink<ChangeRecord> sink(ClickHouseStub clickHouse) throws Exception {
    return new ClickHouseSink<>(
        clickHouse.connection(folder),
        new ChangeEncoder.Factory(List.of(USERS)),
        Letters::new,
        new FlushSettings(
            100, 1 << 20, Duration.ofMillis(10), Duration.ofMillis(1), FlushSettings.Rest.NONE));
  }
}

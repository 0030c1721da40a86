package io.tributary.capture.sink;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Capture's transactions in Kafka, by their ids: {@code <prefix>-<generation>-<subtask>-<number>}.
 *
 * <p>The connector appends the last two. The number is larger than that of the checkpoint before
 * the transaction began, and no larger than that of the one which has prepared it.
 *
 * <p>What a checkpoint has prepared stays open until the job is back to commit it, if that takes
 * days. What nobody will ever commit must be aborted for that very reason: it keeps all readers of
 * committed records waiting.
 *
 * @param kafkaBootstrap Kafka's addresses
 * @param prefix start of all ids, which no other job uses
 * @param generation of the saved state, {@code <epoch>.<snapshot>}: a job of another one does not
 *     share it
 */
public record Transactions(String kafkaBootstrap, String prefix, String generation)
    implements Serializable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What the connector is to put its own numbers behind. */
  public String idPrefix() {
    return prefix + "-" + generation;
  }

  /**
   * Aborts whatever is open. For a start without saved state: nobody will finish it.
   *
   * @return the ids of what was aborted
   */
  public List<String> abortAll() {
    return abort(this::isOurs);
  }

  /**
   * Aborts what a start of another generation has left open. For a start with saved state, which
   * still has to commit what its own generation has prepared.
   *
   * @return the ids of what was aborted
   */
  public List<String> abortOtherGenerations() {
    return abort(this::isOfAnotherGeneration);
  }

  /**
   * Aborts what earlier attempts of a subtask have begun behind the checkpoint it goes on from. The
   * connector does so itself, from number to number, and stops at one that was never used; but
   * Kafka has forgotten unused ones after an hour.
   *
   * @param checkpoint the restored one
   * @param subtask it also speaks for those that share its remainder by the parallelism, as the job
   *     may have had more of them
   * @return the ids of what was aborted
   */
  List<String> abortBehind(long checkpoint, int subtask, int parallelism) {
    return abort(id -> isBehind(id, checkpoint, subtask, parallelism));
  }

  boolean isOurs(String id) {
    return id.startsWith(prefix + "-");
  }

  /** Ids of earlier versions have no generation, and are nobody else's. */
  boolean isOfAnotherGeneration(String id) {
    return id.matches(Pattern.quote(prefix) + "-\\d+\\.\\d+-.*")
        && !id.startsWith(idPrefix() + "-");
  }

  boolean isBehind(String id, long checkpoint, int subtask, int parallelism) {
    Matcher numbers = Pattern.compile(Pattern.quote(idPrefix()) + "-(\\d+)-(\\d+)").matcher(id);
    return numbers.matches()
        && Integer.parseInt(numbers.group(1)) % parallelism == subtask
        && Long.parseLong(numbers.group(2)) > checkpoint;
  }

  private List<String> abort(Predicate<String> which) {
    List<String> ids = open().stream().filter(which).sorted().toList();
    ids.forEach(this::abort);
    return ids;
  }

  private List<String> open() {
    ListTransactionsOptions open =
        new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING));
    try (Admin admin = Admin.create(adminProperties())) {
      return admin
          .listTransactions(open)
          .all()
          .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .stream()
          .map(TransactionListing::transactionalId)
          .toList();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "Kafka at %s does not tell of its transactions: %s"
              .formatted(kafkaBootstrap, e.getCause() == null ? e : e.getCause().getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for Kafka", e);
    }
  }

  private Map<String, Object> adminProperties() {
    return Map.of(
        AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
        kafkaBootstrap,
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
        (int) TIMEOUT.toMillis());
  }

  /** A new producer of that id ends what an earlier one left, and waits until it has ended. */
  private void abort(String id) {
    Properties properties = new Properties();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafkaBootstrap);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    var bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties, bytes, bytes)) {
      producer.initTransactions();
    }
  }
}

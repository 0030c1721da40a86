package io.tributary.capture.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TransactionsTest {
  private static final Transactions TRANSACTIONS =
      new Transactions("kafka:9092", "capture", "1.20");

  @Test
  void onlyTransactionsOfOurPrefixAreOurs() {
    assertThat(those(TRANSACTIONS::isOurs, "capture-1.20-0-7", "capturer-0-1", "x-capture-0-1"))
        .containsExactly("capture-1.20-0-7");
  }

  @Test
  void anotherEpochOrSnapshotIsAnotherGeneration() {
    assertThat(
            those(
                TRANSACTIONS::isOfAnotherGeneration,
                "capture-1.20-0-7",
                "capture-1.2-0-7",
                "capture-1.201-0-7",
                "capture-0.20-1-8",
                "capture-0-7",
                "else-1.2-0-7"))
        .containsExactly("capture-1.2-0-7", "capture-1.201-0-7", "capture-0.20-1-8");
  }

  @Test
  void whatBeganAfterTheCheckpointIsBehindIt() {
    assertThat(
            those(
                id -> TRANSACTIONS.isBehind(id, 7, 1, 2),
                "capture-1.20-1-7",
                "capture-1.20-1-8",
                "capture-1.20-0-8",
                "capture-1.20-3-900",
                "capture-1.2-1-8",
                "capture-1.20-1-8-9"))
        .containsExactly("capture-1.20-1-8", "capture-1.20-3-900");
  }

  private static List<String> those(Predicate<String> which, String... ids) {
    return Stream.of(ids).filter(which).toList();
  }
}

package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.clickhouse.client.api.ConnectionInitiationException;
import com.clickhouse.client.api.DataTransferException;
import com.clickhouse.client.api.ServerException;
import io.tributary.clickhouse.BatchInserter.Refused;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchInserterTest {
  private static final Backoff NO_WAIT = new Backoff(Duration.ofMillis(1), Duration.ofMillis(1));

  private final List<String> calls = new ArrayList<>();
  private final Set<Integer> stored = new TreeSet<>();
  private int failedTries;

  private final BatchInserter.Progress progress =
      new BatchInserter.Progress() {
        @Override
        public void failed() {
          failedTries++;
        }

        @Override
        public void worked() {}
      };

  @Test
  void storesAGoodBatchWithOneInsert() throws InterruptedException {
    assertThat(insert(1_000, row -> false)).isEmpty();

    assertThat(calls).containsExactly("0..1000");
  }

  @Test
  void isolatesEveryRowThatIsRefusedAndStoresAllOthers() throws InterruptedException {
    Set<Integer> poison = Set.of(0, 499, 500, 999);

    List<Refused<Integer>> refused = insert(1_000, poison::contains);

    assertThat(refused).extracting(Refused::element).containsExactly(0, 499, 500, 999);
    assertThat(refused.get(0).reason()).contains("INCORRECT_DATA");
    assertThat(stored).hasSize(996).doesNotContainAnyElementsOf(poison);
    assertThat(calls).hasSizeLessThan(100);
  }

  /** Half of a change would be worse than none: the row would be gone from where it was. */
  @Test
  void aRowThatMovedIsStoredWholeOrNotAtAll() throws InterruptedException {
    for (int moved = 0; moved < 5; moved++) {
      RowBatch<Integer> batch = new RowBatch<>();
      for (int element = 0; element < 5; element++) {
        batch.rows().endRow();
        if (element == moved) {
          batch.rows().endRow();
        }
        batch.own(element, 1);
      }
      int arrival = moved + 1;
      stored.clear();

      List<Refused<Integer>> refused =
          inserter(new Refusing(row -> row == arrival, () -> true)).insert(batch);

      assertThat(refused).extracting(Refused::element).containsExactly(moved);
      assertThat(refused).extracting(Refused::rows).containsExactly(2);
      assertThat(stored).hasSize(4).doesNotContain(moved, arrival);
    }
  }

  @Test
  void stopsWhenEveryRowOfALargeBatchIsRefused() {
    assertThatThrownBy(() -> insert(10_000, row -> true))
        .isInstanceOf(WarehouseException.class)
        .hasMessageContaining("refuses every row for orders_rows")
        .hasMessageContaining("INCORRECT_DATA");
    assertThat(calls).hasSizeLessThan(10_000);
  }

  @Test
  void stopsAlsoWhenTheRefusedRowsComeInSmallBatches() throws InterruptedException {
    BatchInserter<Integer> inserter = inserter(new Refusing(row -> true, () -> false));
    for (int batch = 1; batch < 10; batch++) {
      assertThat(inserter.insert(batch(10))).hasSize(10);
    }

    assertThatThrownBy(() -> inserter.insert(batch(10)))
        .isInstanceOf(WarehouseException.class)
        .hasMessageContaining("refuses every row for orders_rows, 100 so far");
  }

  @Test
  void dropsNothingWhenManyButNotAllRowsAreRefused() throws InterruptedException {
    List<Refused<Integer>> refused = insert(1_000, row -> row > 300);

    assertThat(refused).hasSize(699);
    assertThat(stored).hasSize(301);
  }

  @Test
  void isolatesAnyNumberOfRowsWhereTheTableTakesWhatItHas() throws InterruptedException {
    List<Refused<Integer>> refused =
        inserter(new Refusing(row -> row < 500, () -> true)).insert(batch(1_000));

    assertThat(refused).hasSize(500);
    assertThat(stored).hasSize(500);
  }

  @Test
  void refusesNoRowWhereTheTableIsToBlame() {
    assertThatThrownBy(
            () ->
                inserter(
                        new Refusing(
                            row -> true,
                            () -> {
                              throw new WarehouseException("the table", null);
                            }))
                    .insert(batch(5)))
        .isInstanceOf(WarehouseException.class)
        .hasMessage("the table");
    assertThat(calls).containsExactly("0..5");
  }

  @Test
  void triesTheRowsAgainWhileItCannotBeToldWhetherTheTableIsToBlame() throws InterruptedException {
    Iterator<RuntimeException> away =
        List.<RuntimeException>of(new ConnectionInitiationException("away", new ConnectException()))
            .iterator();

    List<Refused<Integer>> refused =
        inserter(
                new Refusing(
                    row -> row == 0,
                    () -> {
                      if (away.hasNext()) {
                        throw away.next();
                      }
                      return true;
                    }))
            .insert(batch(2));

    assertThat(refused).extracting(Refused::element).containsExactly(0);
    assertThat(calls).containsExactly("0..2", "0..2", "0..1", "1..2");
  }

  @Test
  void triesSmallerPiecesWhereTheServerLacksMemory() throws InterruptedException {
    inserter(
            (rows, from, to) -> {
              if (to - from > 5) {
                throw new ServerException(241, "Code: 241. MEMORY_LIMIT_EXCEEDED", 500, "q");
              }
              IntStream.range(from, to).forEach(stored::add);
            })
        .insert(batch(10));

    assertThat(stored).hasSize(10);
  }

  @Test
  void triesAgainForAsLongAsTheServerIsAway() throws InterruptedException {
    List<Refused<Integer>> refused =
        inserter(
                (rows, from, to) -> {
                  calls.add(from + ".." + to);
                  if (calls.size() <= 50) {
                    throw new ConnectionInitiationException("away", new ConnectException());
                  }
                })
            .insert(batch(10));

    assertThat(refused).isEmpty();
    assertThat(failedTries).isEqualTo(50);
    assertThat(calls).hasSize(51).containsOnly("0..10");
  }

  @Test
  void triesSmallerPiecesWhereALargeBodyBreaksTheConnection() throws InterruptedException {
    inserter(
            (rows, from, to) -> {
              calls.add(from + ".." + to);
              if (to - from > 5) {
                throw new DataTransferException("broken", new SocketException("Broken pipe"));
              }
              IntStream.range(from, to).forEach(stored::add);
            })
        .insert(batch(10));

    assertThat(calls).containsExactly("0..10", "0..10", "0..10", "0..5", "5..10");
    assertThat(stored).hasSize(10);
  }

  @Test
  void stopsAtOnceForWhatIsNotTheRowsFault() {
    assertThatThrownBy(
            () ->
                inserter(
                        (rows, from, to) -> {
                          calls.add("call");
                          throw new ServerException(60, "Code: 60. UNKNOWN_TABLE", 404, "q");
                        })
                    .insert(batch(10)))
        .isInstanceOf(WarehouseException.class)
        .hasMessageContaining("orders_rows")
        .hasMessageContaining("UNKNOWN_TABLE");
    assertThat(calls).hasSize(1);
  }

  @Test
  void letsErrorsThrough() {
    assertThatThrownBy(
            () ->
                inserter(
                        (rows, from, to) -> {
                          throw new NoClassDefFoundError("com/github/luben/zstd/Zstd");
                        })
                    .insert(batch(10)))
        .isInstanceOf(NoClassDefFoundError.class);
  }

  @Test
  void stopsWaitingWhenInterrupted() throws InterruptedException {
    BatchInserter<Integer> patient =
        new BatchInserter<>(
            "orders_rows",
            (rows, from, to) -> {
              Thread.currentThread().interrupt();
              throw new ConnectionInitiationException("away", new ConnectException());
            },
            new Backoff(Duration.ofHours(1), Duration.ofHours(1)),
            progress);

    assertThatThrownBy(() -> patient.insert(batch(1))).isInstanceOf(InterruptedException.class);
  }

  private List<Refused<Integer>> insert(int rows, IntPredicate isPoison)
      throws InterruptedException {
    return inserter(new Refusing(isPoison, () -> false)).insert(batch(rows));
  }

  /** A table that refuses some rows, and what it says when it is examined. */
  private final class Refusing implements BatchInserter.Target {
    private final IntPredicate isPoison;
    private final BooleanSupplier examined;

    Refusing(IntPredicate isPoison, BooleanSupplier examined) {
      this.isPoison = isPoison;
      this.examined = examined;
    }

    @Override
    public void insert(RowBuffer rows, int from, int to) {
      calls.add(from + ".." + to);
      if (IntStream.range(from, to).anyMatch(isPoison)) {
        refuseAll(rows, from, to);
      }
      IntStream.range(from, to).forEach(stored::add);
    }

    @Override
    public boolean takesRows() {
      return examined.getAsBoolean();
    }
  }

  private void refuseAll(RowBuffer rows, int from, int to) {
    throw new ServerException(117, "Code: 117. DB::Exception: no. (INCORRECT_DATA)", 400, "q");
  }

  private BatchInserter<Integer> inserter(BatchInserter.Target target) {
    return new BatchInserter<>("orders_rows", target, NO_WAIT, progress);
  }

  private static RowBatch<Integer> batch(int rows) {
    RowBatch<Integer> batch = new RowBatch<>();
    for (int i = 0; i < rows; i++) {
      batch.rows().int32(i);
      batch.rows().endRow();
      batch.own(i, 1);
    }
    return batch;
  }
}

package io.tributary.clickhouse;

import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.schema.SchemaMismatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a batch into one table, whatever it takes. Returns only when every row is stored or known
 * to be one that the warehouse can never take; throws when that cannot be decided here.
 *
 * <p>Rows may be stored more than once: an answer that got lost, a half sent again. The table must
 * not mind, as a ReplacingMergeTree with versions does not.
 */
final class BatchInserter<T> {
  private static final Logger LOG = LoggerFactory.getLogger(BatchInserter.class);

  /** Failures in a row after which a batch that may be too large is tried in halves. */
  static final int TRIES_BEFORE_HALVES = 3;

  /**
   * So many rows refused and none taken, by a table that holds none: then the rows are not what is
   * wrong.
   */
  static final int REFUSALS_BEFORE_STOP = 100;

  private final String table;
  private final Target target;
  private final Backoff backoff;
  private final Progress progress;

  /**
   * Elements refused since rows were last taken, also in earlier batches: small ones come often.
   */
  private final AtomicInteger refusedInARow = new AtomicInteger();

  BatchInserter(String table, Target target, Backoff backoff, Progress progress) {
    this.table = table;
    this.target = target;
    this.backoff = backoff;
    this.progress = progress;
  }

  /** The table. */
  @FunctionalInterface
  interface Target {
    /** Stores some rows of a batch or throws. */
    void insert(RowBuffer rows, int from, int to);

    /**
     * Looks whether the table is to blame where rows were refused.
     *
     * @return whether it takes rows; false if that cannot be told
     * @throws SchemaMismatchException if it is not the table any more that the rows were made for
     * @throws WarehouseException if it refuses what it has taken before
     */
    default boolean takesRows() {
      return false;
    }
  }

  /** Hears how it goes, for the metrics. Called from the inserting thread. */
  interface Progress {
    /** A try failed and will be made again. */
    void failed();

    /** A try worked. */
    void worked();
  }

  /**
   * An element the warehouse can never take, of so many rows, and its words about it.
   *
   * <p>All its rows are left out: of a row that moved, the place it left and the place it came to.
   */
  record Refused<T>(T element, int rows, String reason) {}

  /**
   * Brings the batch in.
   *
   * @return the elements that were refused, for the dead letters
   * @throws WarehouseException if the failure is not the rows' and will not pass
   * @throws InterruptedException if the sink is closed meanwhile
   */
  List<Refused<T>> insert(RowBatch<T> batch) throws InterruptedException {
    Attempt attempt = new Attempt(batch);
    attempt.insert(0, batch.rowCount());
    return attempt.refused;
  }

  /** What a client's exception is about, under its wrappings. */
  static Throwable rootCause(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private final class Attempt {
    private final RowBatch<T> batch;
    private final List<Refused<T>> refused = new ArrayList<>();
    private boolean examined;

    /** Whether the table takes rows, so that it is the rows which are wrong. */
    private boolean takesRows;

    Attempt(RowBatch<T> batch) {
      this.batch = batch;
    }

    void insert(int from, int to) throws InterruptedException {
      RuntimeException failure = insertPatiently(from, to);
      if (failure == null) {
        takesRows = true;
      } else if (isDivisible(from, to)) {
        int middle = middleOf(from, to);
        insert(from, middle);
        insert(middle, to);
      } else {
        refuse(from, to, failure);
      }
    }

    private boolean isDivisible(int from, int to) {
      return batch.elementOf(from) != batch.elementOf(to - 1);
    }

    /** The first row of an element, or else the one behind its last, as near as can be. */
    private int middleOf(int from, int to) {
      int middle = (from + to) >>> 1;
      while (middle < to && batch.elementOf(middle - 1) == batch.elementOf(middle)) {
        middle++;
      }
      while (middle == to || batch.elementOf(middle - 1) == batch.elementOf(middle)) {
        middle--;
      }
      return middle;
    }

    /** Null once the rows are stored; the failure if they should be tried in smaller pieces. */
    private RuntimeException insertPatiently(int from, int to) throws InterruptedException {
      for (int failures = 1; ; failures++) {
        try {
          target.insert(batch.rows(), from, to);
          progress.worked();
          refusedInARow.set(0);
          return null;
        } catch (RuntimeException e) {
          InsertFailure failure = judge(e);
          boolean tryHalves =
              failure.mayBeSize() && failures >= TRIES_BEFORE_HALVES && isDivisible(from, to);
          if (!failure.passes() || tryHalves) {
            return e;
          }
          pause(from, to, failures, e);
        }
      }
    }

    /** Before the first row is called wrong, the table must not be. */
    private InsertFailure judge(RuntimeException e) {
      InsertFailure failure = InsertFailure.of(e);
      if (failure == InsertFailure.FATAL) {
        throw new WarehouseException(
            "ClickHouse cannot store rows in %s: %s".formatted(table, e.getMessage()), e);
      }
      if (failure != InsertFailure.REFUSED || examined) {
        return failure;
      }
      try {
        takesRows |= target.takesRows();
        examined = true;
        return failure;
      } catch (RuntimeException unclear) {
        InsertFailure why = InsertFailure.of(unclear);
        if (why.passes()) {
          return why;
        }
        throw unclear;
      }
    }

    private void pause(int from, int to, int failures, RuntimeException e)
        throws InterruptedException {
      progress.failed();
      long millis = backoff.millisAfter(failures);
      LOG.warn(
          "ClickHouse did not take {} rows for {} (failure {} in a row), again in {} ms: {}",
          to - from,
          table,
          failures,
          millis,
          rootCause(e).toString());
      Thread.sleep(millis);
    }

    private void refuse(int from, int to, RuntimeException failure) {
      refused.add(new Refused<>(batch.elementOf(from), to - from, failure.getMessage()));
      int inARow = refusedInARow.incrementAndGet();
      if (!takesRows && inARow >= REFUSALS_BEFORE_STOP) {
        throw new WarehouseException(
            "ClickHouse refuses every row for %s, %d so far, so something other than the rows is wrong: %s"
                .formatted(table, inARow, failure.getMessage()),
            failure);
      }
    }
  }
}

package io.tributary.clickhouse;

import io.tributary.clickhouse.schema.SchemaMismatchException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the warehouse again and again for as long as what goes wrong can pass. */
final class Patience {
  private static final Logger LOG = LoggerFactory.getLogger(Patience.class);

  private Patience() {}

  /**
   * What the warehouse answers in the end.
   *
   * @param what what is to happen, as a sentence for people
   * @throws SchemaMismatchException as the question throws it
   * @throws WarehouseException if the failure will not pass
   */
  static <V> V until(String what, Supplier<V> question) throws InterruptedException {
    for (int failures = 1; ; failures++) {
      try {
        return question.get();
      } catch (SchemaMismatchException e) {
        throw e;
      } catch (RuntimeException e) {
        if (!InsertFailure.of(e).passes()) {
          throw new WarehouseException(
              "it does not happen that %s: %s".formatted(what, e.getMessage()), e);
        }
        long millis = Backoff.DEFAULT.millisAfter(failures);
        LOG.warn(
            "Not yet (failure {} in a row), again in {} ms: {}: {}",
            failures,
            millis,
            what,
            BatchInserter.rootCause(e).toString());
        Thread.sleep(millis);
      }
    }
  }
}

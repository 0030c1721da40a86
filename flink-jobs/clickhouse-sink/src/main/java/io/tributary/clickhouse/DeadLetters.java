package io.tributary.clickhouse;

import java.io.IOException;
import java.io.Serializable;

/** Where elements are kept that the warehouse can never take. Used by one thread. */
public interface DeadLetters<T> extends AutoCloseable {

  /**
   * Keeps an element. May return before it is safe; see {@link #flush()}.
   *
   * @param table the target table that would not have it
   * @param reason why, for a person
   * @throws IOException if this or an earlier element could not be kept
   */
  void add(T element, String table, String reason) throws IOException;

  /**
   * Returns once every element added so far is safe.
   *
   * @throws IOException if one could not be kept
   */
  void flush() throws IOException;

  @Override
  void close();

  /** Opens the place where the sink runs. */
  interface Factory<T> extends Serializable {
    /** Opens the place; must not wait for a server. */
    DeadLetters<T> open();
  }
}

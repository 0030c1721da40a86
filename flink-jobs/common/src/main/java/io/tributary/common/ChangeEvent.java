package io.tributary.common;

/** The names of a change event's fields, as capture writes and sync reads them. */
public final class ChangeEvent {
  /** The row before the change: an object of columns, or null for an insert. */
  public static final String BEFORE = "before";

  /** The row after the change: an object of columns, or null for a delete. */
  public static final String AFTER = "after";

  /** What happened: one of {@link Op#code()}. */
  public static final String OP = "op";

  /** Milliseconds since 1970: in the event, when capture read it; in its source, MySQL's time. */
  public static final String TS_MS = "ts_ms";

  /** Where the change comes from: an object of the fields below and {@link #TS_MS}. */
  public static final String SOURCE = "source";

  public static final String EPOCH = "epoch";
  public static final String DB = "db";
  public static final String TABLE = "table";
  public static final String FILE = "file";
  public static final String POS = "pos";
  public static final String ROW = "row";

  /**
   * Kafka header, without a value, of a change that comes again just the same if its transaction is
   * aborted: it may be shown before the commit.
   */
  public static final String SETTLED_HEADER = "settled";

  /**
   * The largest record that a topic of changes takes, key and frame included: the topics' {@code
   * max.message.bytes}, as {@code components/topics.ts} sets it.
   */
  public static final int LARGEST_RECORD_BYTES = 8 << 20;

  private ChangeEvent() {}

  /** What happened to a row. */
  public enum Op {
    CREATE('c'),
    UPDATE('u'),
    DELETE('d'),
    /** The row was there before capture started. */
    SNAPSHOT('r');

    private final String code;

    Op(char code) {
      this.code = String.valueOf(code);
    }

    /** The letter in the event. */
    public String code() {
      return code;
    }

    /**
     * The operation behind a letter.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Op ofCode(String code) {
      for (Op op : values()) {
        if (op.code.equals(code)) {
          return op;
        }
      }
      throw new IllegalArgumentException("unknown op \"%s\"".formatted(code));
    }
  }
}

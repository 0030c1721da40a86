package io.tributary.clickhouse;

import io.tributary.clickhouse.schema.TableSchema;
import java.io.IOException;
import java.util.List;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.util.IOUtils;

/**
 * Writes a stream into ClickHouse tables, at least once and in batches. Every element that was
 * written before a checkpoint is stored, or kept as a dead letter, when the checkpoint completes.
 *
 * @param <T> the elements, which a {@link RowEncoder} turns into rows
 */
public final class ClickHouseSink<T> implements Sink<T> {
  private static final long serialVersionUID = 1;

  private final ClickHouseConnection connection;
  private final RowEncoder.Factory<T> encoders;
  private final DeadLetters.Factory<T> deadLetters;
  private final FlushSettings settings;

  /** A sink into the tables that {@code encoders} names. */
  public ClickHouseSink(
      ClickHouseConnection connection,
      RowEncoder.Factory<T> encoders,
      DeadLetters.Factory<T> deadLetters,
      FlushSettings settings) {
    this.connection = connection;
    this.encoders = encoders;
    this.deadLetters = deadLetters;
    this.settings = settings;
  }

  /**
   * Reads the target tables, waiting for the warehouse if it is away.
   *
   * @throws IOException if the tables do not fit, or the warehouse refuses to say
   */
  @Override
  public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
    List<String> tables = encoders.tables();
    Warehouse warehouse = Warehouse.at(connection, tables.size() * FlushSettings.INSERTS_AT_ONCE);
    try {
      List<TableSchema> schemas =
          Patience.until("ClickHouse describes " + tables, () -> warehouse.describe(tables));
      return new ClickHouseWriter<>(
          context, warehouse, schemas, encoders.create(schemas), deadLetters.open(), settings);
    } catch (InterruptedException e) {
      IOUtils.closeQuietly(warehouse);
      Thread.currentThread().interrupt();
      throw new IOException("stopped while waiting for ClickHouse", e);
    } catch (Throwable t) {
      IOUtils.closeQuietly(warehouse);
      throw t;
    }
  }

  /** Flink 1.20 asks for the method above; this one is there for older callers only. */
  @Deprecated
  @Override
  public SinkWriter<T> createWriter(InitContext context) {
    throw new UnsupportedOperationException("this sink needs Flink 1.20 or newer");
  }
}

package io.tributary.mysql;

import io.debezium.config.CommonConnectorConfig.BinaryHandlingMode;
import io.debezium.connector.mysql.MySqlValueConverters;
import io.debezium.jdbc.JdbcValueConverters.BigIntUnsignedMode;
import io.debezium.jdbc.JdbcValueConverters.DecimalMode;
import io.debezium.jdbc.TemporalPrecisionMode;
import io.debezium.relational.Column;
import io.debezium.relational.ColumnEditor;
import io.debezium.relational.ValueConverter;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Field;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Leaves a zero date what it is where it must not be NULL: no date.
 *
 * <p>{@code 0000-00-00}, which MySQL takes unless its {@code sql_mode} forbids it, reaches the
 * source's converters as null. In a column that is NOT NULL they make the default or the first of
 * January 1970 of it, which nobody can tell from a real one. So such a column is converted as one
 * that may be NULL. The warehouse has no place for the row, and it goes to the dead letters.
 *
 * <p>To be named in the source's property {@code converters}; made by the source's own class
 * loader, so it lies beside the source in the cluster's {@code lib} folder.
 */
public final class ZeroDates implements CustomConverter<SchemaBuilder, RelationalColumn> {
  private static final Set<String> TYPES = Set.of("DATE", "DATETIME", "TIMESTAMP");

  /** Of dates; the other modes matter to other types. */
  static final MySqlValueConverters CONVERTERS =
      new MySqlValueConverters(
          DecimalMode.STRING,
          TemporalPrecisionMode.ADAPTIVE_TIME_MICROSECONDS,
          BigIntUnsignedMode.PRECISE,
          BinaryHandlingMode.BYTES);

  @Override
  public void configure(Properties properties) {
    // There is nothing to choose.
  }

  @Override
  public void converterFor(
      RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
    if (column.isOptional() || !TYPES.contains(column.typeName().toUpperCase(Locale.ROOT))) {
      return;
    }
    Column optional = optional(column);
    SchemaBuilder schema = CONVERTERS.schemaBuilder(optional).optional();
    ValueConverter converter =
        CONVERTERS.converter(optional, new Field(column.name(), 0, schema.build()));
    // A column's default comes as it was converted before.
    registration.register(schema, value -> isConverted(value) ? value : converter.convert(value));
  }

  private static boolean isConverted(Object value) {
    return value instanceof Number || value instanceof String;
  }

  private static Column optional(RelationalColumn column) {
    ColumnEditor editor =
        Column.editor()
            .name(column.name())
            .jdbcType(column.jdbcType())
            .nativeType(column.nativeType())
            .type(column.typeName(), column.typeExpression())
            .optional(true);
    column.length().ifPresent(editor::length);
    column.scale().ifPresent(editor::scale);
    return editor.create();
  }
}

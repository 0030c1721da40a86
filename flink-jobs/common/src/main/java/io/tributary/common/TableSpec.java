package io.tributary.common;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.type.TypeReference;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * One captured table and where its changes go. The stack's table of tables is the origin; the jobs
 * get it as JSON in {@code --tables}.
 *
 * @param table name in the source
 * @param key primary key columns, in key order
 * @param topic topic of its changes
 * @param deadLetterTopic topic for changes the warehouse can never take
 * @param rows storage table in the warehouse
 * @param partitionBy how the storage table is partitioned; null if it is not
 */
public record TableSpec(
    String table,
    List<String> key,
    String topic,
    String deadLetterTopic,
    String rows,
    PartitionBy partitionBy)
    implements Serializable {

  /**
   * Partitioning of a storage table.
   *
   * @param column the date or time column
   * @param unit the length of a partition, e.g. {@code month}
   */
  public record PartitionBy(String column, String unit) implements Serializable {}

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Reads the value of {@code --tables}.
   *
   * @throws IllegalArgumentException naming everything that is wrong
   */
  public static List<TableSpec> parse(String json) {
    List<TableSpec> tables;
    try {
      tables = JSON.readValue(json, new TypeReference<List<TableSpec>>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is not a list of tables: " + e.getOriginalMessage(), e);
    }
    List<String> problems = problemsOf(tables);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    return List.copyOf(tables);
  }

  private static List<String> problemsOf(List<TableSpec> tables) {
    if (tables == null || tables.isEmpty() || tables.contains(null)) {
      return List.of("must name at least one table, and no empty one");
    }
    List<String> problems = new ArrayList<>();
    for (TableSpec spec : tables) {
      String name = isBlank(spec.table) ? "a table" : "table " + spec.table;
      requireText(problems, name, "table", spec.table);
      requireText(problems, name, "topic", spec.topic);
      requireText(problems, name, "deadLetterTopic", spec.deadLetterTopic);
      requireText(problems, name, "rows", spec.rows);
      if (spec.key == null
          || spec.key.isEmpty()
          || spec.key.stream().anyMatch(TableSpec::isBlank)) {
        problems.add(name + " needs \"key\", the columns of its primary key");
      }
      if (spec.partitionBy != null) {
        requireText(problems, name, "partitionBy.column", spec.partitionBy.column);
        requireText(problems, name, "partitionBy.unit", spec.partitionBy.unit);
      }
    }
    requireDistinct(problems, tables, "table", TableSpec::table);
    requireDistinct(problems, tables, "topic", TableSpec::topic);
    requireDistinct(problems, tables, "rows", TableSpec::rows);
    return problems;
  }

  private static void requireText(
      List<String> problems, String table, String property, String value) {
    if (isBlank(value)) {
      problems.add("%s needs \"%s\"".formatted(table, property));
    }
  }

  private static void requireDistinct(
      List<String> problems,
      List<TableSpec> tables,
      String property,
      Function<TableSpec, String> get) {
    tables.stream()
        .map(get)
        .filter(value -> !isBlank(value))
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
        .forEach(
            (value, count) -> {
              if (count > 1) {
                problems.add("%s \"%s\" is used %d times".formatted(property, value, count));
              }
            });
  }

  private static boolean isBlank(String text) {
    return text == null || text.isBlank();
  }
}

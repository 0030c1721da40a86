package io.tributary.clickhouse.schema;

/**
 * A column that can be inserted into.
 *
 * @param name its name
 * @param type its type, as {@code system.columns} spells it
 */
public record Column(String name, String type) {}

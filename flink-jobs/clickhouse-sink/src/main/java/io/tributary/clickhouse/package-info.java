/**
 * A Flink sink into ClickHouse that never drops a row: a batch goes in, is tried again, or stops
 * the job; a row that can never go in ends in a dead-letter place with its reason.
 */
package io.tributary.clickhouse;

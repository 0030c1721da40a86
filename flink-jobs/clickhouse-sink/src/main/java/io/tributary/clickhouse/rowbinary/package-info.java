/** ClickHouse's RowBinary, written from JSON without a detour over objects. */
package io.tributary.clickhouse.rowbinary;

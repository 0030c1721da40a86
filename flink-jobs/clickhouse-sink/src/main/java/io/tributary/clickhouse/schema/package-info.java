/** What the sink knows about its target tables. */
package io.tributary.clickhouse.schema;

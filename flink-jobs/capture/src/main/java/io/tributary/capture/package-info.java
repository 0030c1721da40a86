/**
 * The capture job: rows of MySQL, first as a snapshot, then change by change, into Kafka topics.
 */
package io.tributary.capture;

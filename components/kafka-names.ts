/** Names in Kafka that the jobs use and the tools look for. Those of topics derive from `tables.ts`. */

/** The consumer group whose offsets show how far the warehouse has come. */
export const consumerGroup = "flink-sync-connector";

/** Start of every transactional id of the capture job. */
export const transactionalIdPrefix = "tributary-capture";

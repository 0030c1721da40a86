import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import type { Kafka } from "kafkajs";
import { database } from "../../../components/tables";
import { kafkaOf } from "../kafka";
import { readOutputs, readSecret, type StackOutputs } from "../pulumi";
import { sourceOf, type SourceAccess } from "../source";

/** The servers of a stack that is up, as a benchmark reaches them: from the host, with the rights of their users. */
export interface Servers {
  readonly outputs: StackOutputs;
  /** With the rights of the platform service. */
  readonly source: SourceAccess;
  readonly kafka: Kafka;
  /** With the rights of the consistency check. Whoever opened the servers closes it. */
  readonly warehouse: ClickHouseClient;
}

/** Reaches a stack's servers. */
export async function openServers(stack: string): Promise<Servers> {
  const outputs = await readOutputs(stack);
  return {
    outputs,
    source: sourceOf(stack, outputs, "platform_api"),
    kafka: kafkaOf(outputs),
    warehouse: createClient({
      url: outputs.clickhouseUrl,
      username: "verify",
      password: readSecret(stack, "clickhouse-verify-password"),
      database,
      // A warehouse that is away is part of a measurement; every other error is thrown and told.
      log: { level: ClickHouseLogLevel.OFF },
    }),
  };
}

/** The rows of a query. */
export async function ask<T>(warehouse: ClickHouseClient, query: string): Promise<T[]> {
  return (await warehouse.query({ query, format: "JSONEachRow" })).json<T>();
}

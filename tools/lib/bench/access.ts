import { createClient, type ClickHouseClient } from "@clickhouse/client";
import { Kafka, logLevel } from "kafkajs";
import { database } from "../../../components/tables";
import type { SourceAccess } from "../load/lane";
import { readOutputs, readSecret, type StackOutputs } from "../pulumi";

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
  const [host = "", port = ""] = outputs.mysqlAddress.split(":");
  return {
    outputs,
    source: {
      host,
      port: Number(port),
      user: "platform_api",
      password: readSecret(stack, "mysql-platform_api-password"),
      database,
    },
    kafka: new Kafka({
      clientId: "tributary-bench",
      brokers: [outputs.kafkaBootstrap],
      logLevel: logLevel.ERROR,
    }),
    warehouse: createClient({
      url: outputs.clickhouseUrl,
      username: "verify",
      password: readSecret(stack, "clickhouse-verify-password"),
      database,
    }),
  };
}

/** The rows of a query. */
export async function ask<T>(warehouse: ClickHouseClient, query: string): Promise<T[]> {
  return (await warehouse.query({ query, format: "JSONEachRow" })).json<T>();
}

import type { StackOutputs } from "./pulumi";
import { formatTable, indent, paint } from "./text";

/** What `make up` closes with: every address, and one command that shows the pipeline at work. Pure but for colours. */
export function describeBanner(stack: string, outputs: StackOutputs, took: string): string {
  const api = `${outputs.platformApiUrl}/api/orders`;
  const addresses = [
    ["page", outputs.pageUrl],
    ["API", `${api}  (described at ${outputs.platformApiUrl}/docs)`],
    ["ClickHouse", outputs.clickhouseUrl],
    ["Flink", outputs.flinkUrl],
    ["Kafka", outputs.kafkaBootstrap],
    ["MySQL", outputs.mysqlAddress],
  ];
  return `
${paint("green", `Stack "${stack}" is up`)}, after ${took}.

${indent(formatTable(addresses))}

Try it: place an order, and see it in ClickHouse about a second later.

  curl -X POST ${api} -H "Content-Type: application/json" \\
    -d '{"user_id": 1, "product_name": "Test Product", "quantity": 1, "total_price": 100}' && sleep 2 &&
  docker exec ${outputs.prefix}clickhouse-server clickhouse-client \\
    --query "SELECT * FROM orders_realtime ORDER BY created_at DESC LIMIT 10"

${paint("dim", "`make status` looks again, `make down` removes everything.")}`;
}

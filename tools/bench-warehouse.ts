// Measures what people wait for in a warehouse with millions of orders, and checks that its numbers are right: in a
// ClickHouse of its own, which is taken away afterwards.
import path from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { InvalidArgumentError, Option } from "commander";
import { command, run } from "./lib/cli";
import { Problem } from "./lib/problem";
import { projectFolder } from "./lib/project";
import { ScratchClickHouse } from "./lib/scratch-clickhouse";
import { formatDuration, formatTable } from "./lib/text";
import { waitUntil } from "./lib/wait";
import {
  aggregates,
  type BenchData,
  fillStatements,
  hotQueries,
  median,
  textOf,
  uncountedMinutes,
} from "./lib/warehouse-bench";
import { applySchema } from "./lib/warehouse-schema";

/** How often each query is asked. */
const repeats = 9;

/** How long all orders may take to be counted, ms. */
const countingPatience = 30 * 60_000;

const data = command(
  "bench-warehouse",
  "Measures the hot queries of a warehouse of its own, with millions of orders.",
)
  .option("--orders <n>", "orders", wholeNumber, 10_000_000)
  .option("--parts <n>", "parts that they come in", wholeNumber, 20)
  .option("--changes <n>", "updates and deletes spread over them", wholeNumber, 200_000)
  .option("--products <n>", "different products", wholeNumber, 100)
  .addOption(
    new Option("--layout <layout>", "how the orders' times lie in the parts; interleaved is the worst case")
      .choices(["in order", "interleaved"])
      .default("interleaved"),
  )
  .parse()
  .opts<BenchData>();

await run(async (signal) => {
  const server = await ScratchClickHouse.start();
  try {
    await applySchema(
      server.credentials("schema"),
      path.join(projectFolder, "sql", "clickhouse"),
      () => undefined,
    );
    const schema = server.client("schema");
    await fill(schema, signal);
    await measure(server.client("reader"));
    await check(server.client("verify"));
  } finally {
    await server.remove();
  }
});

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError("a whole number");
}

async function fill(schema: ClickHouseClient, signal: AbortSignal): Promise<void> {
  // The parts are to stay apart, which is the hardest case for reading.
  await schema.command({ query: "SYSTEM STOP MERGES orders_rows" });
  const start = performance.now();
  for (const query of fillStatements(data)) {
    signal.throwIfAborted();
    await schema.command({ query });
  }
  console.log(`filled in ${formatDuration(performance.now() - start)}: ${JSON.stringify(data)}`);
  await waitUntil("all changes to be counted", countingPatience, signal, async () => {
    const minutes = await uncountedMinutes(schema);
    return minutes === 0 ? undefined : `${minutes} minutes are not counted`;
  });
  console.log(`counted after ${formatDuration(performance.now() - start)}\n`);
}

async function measure(reader: ClickHouseClient): Promise<void> {
  const rows = [["query", "median", "slowest"]];
  for (const { name, sql } of hotQueries) {
    const times: number[] = [];
    for (let round = 0; round < repeats; round += 1) {
      const start = performance.now();
      await textOf(reader, sql);
      times.push(performance.now() - start);
    }
    rows.push([name, `${median(times).toFixed(0)} ms`, `${Math.max(...times).toFixed(0)} ms`]);
  }
  console.log(`${formatTable(rows)}\n`);
}

async function check(verify: ClickHouseClient): Promise<void> {
  for (const { name, kept, fromRows } of aggregates) {
    const [seen, expected] = [await textOf(verify, kept), await textOf(verify, fromRows)];
    if (seen !== expected) {
      throw new Problem(
        `${name} differs from the same computed from the rows.`,
        `Compare, in such a warehouse:\n${kept}\n${fromRows}`,
      );
    }
    console.log(
      `${name} equals the same computed from the rows (${seen.trimEnd().split("\n").length} lines)`,
    );
  }
}

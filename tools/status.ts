// `make status`: containers, jobs and lag of a stack on one screen.
import { createClient } from "@clickhouse/client";
import mysql, { type RowDataPacket } from "mysql2/promise";
import { database, platformTables, realtimeViewOf, rowsTableOf, type TableSpec } from "../components/tables";
import { alarmsOf, unseenAlarm, type Alarm } from "./lib/alarms/alarms";
import { gatherFacts } from "./lib/alarms/gather";
import { addStackOption, command, run } from "./lib/cli";
import { readFailure, readJob } from "./lib/flink";
import { readHeartbeat } from "./lib/heartbeat";
import { messageOf, Problem } from "./lib/problem";
import { readOutputs, readSecret, type StackOutputs } from "./lib/pulumi";
import { sourceOf } from "./lib/source";
import { listThings, thingsOf } from "./lib/stack";
import { formatDuration, formatTable, indent, paint } from "./lib/text";

const program = addStackOption(
  command("status", "Show a stack's containers, jobs, lag and alarms. Ends with 1 if there is an alarm."),
).parse();
const { stack } = program.opts<{ stack: string }>();

/** Nothing here may take longer to answer. Milliseconds. */
const patience = 10_000;

await run(async (signal) => {
  const { containers } = thingsOf(stack, await listThings());
  if (containers.length === 0) throw new Problem(`stack "${stack}" is not up`, "Bring it up: `make up`.");
  const outputs = await readOutputs(stack);
  const ages = containers
    .toSorted((one, other) => one.name.localeCompare(other.name))
    .map(({ name, status, health, startedAt }) => [
      name,
      status === "running" ? (health ?? status) : status,
      status === "running" ? `for ${formatDuration(Date.now() - Date.parse(startedAt))}` : "",
    ]);
  const [jobs, lags, alarms] = await Promise.all([
    orComplaint(describeJobs(outputs)),
    orComplaint(describeTables(outputs)),
    gatherFacts(stack, outputs, containers, signal).then(alarmsOf, unseen),
  ]);
  print("Containers", formatTable(ages));
  print("Jobs", jobs);
  print("Tables", lags);
  print("Alarms", alarms.map(describeAlarm).join("\n") || "none");
  if (alarms.length > 0) process.exitCode = 1;
});

function print(title: string, text: string): void {
  console.log(`${paint("bold", title)}\n${indent(text)}\n`);
}

function unseen(error: unknown): Alarm[] {
  return [unseenAlarm({ what: "the pipeline", why: messageOf(error) })];
}

function describeAlarm({ what, remedy }: Alarm): string {
  return `${paint("red", what)}\n${indent(remedy)}`;
}

/** One part that cannot be seen does not hide the others. */
async function orComplaint(part: Promise<string>): Promise<string> {
  return part.catch((error: unknown) => `cannot be seen: ${messageOf(error)}`);
}

async function describeJobs({ flinkUrl, captureJobId, syncJobId }: StackOutputs): Promise<string> {
  const jobs = { capture: captureJobId, sync: syncJobId };
  const rows = Object.entries(jobs).map(async ([what, id]) => {
    const { state } = await readJob(flinkUrl, id);
    return [
      what,
      state,
      state === "MISSING" ? "" : await readFailure(flinkUrl, id),
      `${flinkUrl}/#/job/${id}`,
    ];
  });
  return formatTable(await Promise.all(rows));
}

interface Arrival {
  rows: string;
  /** Since the newest change arrived. Milliseconds; null if none ever did. */
  ago: number | null;
  /** From the topic to the warehouse, of the newest change. Milliseconds. */
  underway: number | null;
}

/** How many rows each side has, and how fresh the warehouse is. */
async function describeTables(outputs: StackOutputs): Promise<string> {
  const warehouse = createClient({
    url: outputs.clickhouseUrl,
    username: "verify",
    password: readSecret(stack, "clickhouse-verify-password"),
    database,
    request_timeout: patience,
  });
  const source = await mysql.createConnection({
    ...sourceOf(stack, outputs, "verify"),
    connectTimeout: patience,
  });
  try {
    const describe = async (spec: TableSpec) => {
      const query = `SELECT
          (SELECT count() FROM ${realtimeViewOf(spec)}) AS rows,
          if(count() = 0, NULL, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(max(_ingested_at))) AS ago,
          if(count() = 0, NULL, argMax(toUnixTimestamp64Milli(_ingested_at) - toUnixTimestamp64Milli(_topic_time), _ingested_at)) AS underway
        FROM ${rowsTableOf(spec)} SETTINGS output_format_json_quote_64bit_integers = 0`;
      const arrival = (await (await warehouse.query({ query, format: "JSONEachRow" })).json<Arrival>())[0];
      const [[counted]] = await source.query<RowDataPacket[]>(`SELECT COUNT(*) AS count FROM ${spec.table}`);
      return [spec.table, String(counted?.["count"]), String(arrival?.rows), describeArrival(arrival)];
    };
    const rows = [];
    for (const spec of platformTables) rows.push(await describe(spec));
    const table = formatTable([["", "source", "warehouse", "newest change"], ...rows]);
    return `${table}\n\n${describeLag((await readHeartbeat(warehouse)).lag)}`;
  } finally {
    await Promise.all([warehouse.close(), source.end()]);
  }
}

function describeLag(lag: number | null): string {
  if (lag === null) return "lag: no heartbeat has arrived yet";
  return `lag ${lag} ms: the age of the newest heartbeat in the warehouse (MySQL beats once a second)`;
}

function describeArrival(arrival: Arrival | undefined): string {
  if (!arrival || arrival.ago === null || arrival.underway === null) return "none yet";
  return `${formatDuration(arrival.ago)} ago, ${arrival.underway} ms after it was in the topic`;
}

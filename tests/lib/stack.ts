import { readFile } from "node:fs/promises";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { execa } from "execa";
import { Kafka, logLevel } from "kafkajs";
import mysql from "mysql2/promise";
import { homeLabel, stackLabel } from "../../components/stack";
import { projectFolder } from "../../tools/lib/project";
import { sourceOf, type SourceAccess } from "../../tools/lib/source";

/** The stack under test; `tools/test.ts` names it. */
export const stackName = process.env["TRIBUTARY_STACK"] ?? "test";

const labels = [`${stackLabel}=${stackName}`, `${homeLabel}=${projectFolder}`];

/** Has docker list only what is this stack's: another checkout's stack of the same name may run beside it. */
export const ofThisStack: readonly string[] = labels.flatMap((label) => ["--filter", `label=${label}`]);

/** Has docker make something for this stack, which goes with it. */
export const forThisStack: readonly string[] = labels.flatMap((label) => ["--label", label]);

/** What the stack says of itself. Tests take every address from here. */
export interface StackOutputs {
  pageUrl: string;
  platformApiUrl: string;
  clickhouseUrl: string;
  flinkUrl: string;
  kafkaBootstrap: string;
  mysqlAddress: string;
  captureJobId: string;
  syncJobId: string;
  topicNames: string[];
  prefix: string;
  secretsFolder: string;
}

/** Runs `./pulumi` on the stack. Throws with its output if it fails. */
export async function pulumi(...args: string[]): Promise<string> {
  const { stdout } = await execa("./pulumi", [...args, "--stack", stackName, "--non-interactive"], {
    cwd: projectFolder,
    all: true,
  });
  return stdout;
}

let outputs: Promise<StackOutputs> | undefined;

/** The stack's outputs, asked for once. */
export function stackOutputs(): Promise<StackOutputs> {
  outputs ??= pulumi("stack", "output", "--json").then((json) => JSON.parse(json) as StackOutputs);
  return outputs;
}

/** Forgets the outputs, after a deployment that may have changed them. */
export function forgetOutputs(): void {
  outputs = undefined;
}

/** The name of a container of the stack, e.g. `kafka` → `test-kafka`. */
export async function container(name: string): Promise<string> {
  return `${(await stackOutputs()).prefix}${name}`;
}

/** Runs a command in a container of the stack and returns what it printed. */
export async function inContainer(name: string, ...command: string[]): Promise<string> {
  const { stdout } = await execa("docker", ["exec", await container(name), ...command]);
  return stdout;
}

/** Runs docker on the host. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa("docker", args)).stdout;
}

/** A password of the stack, by its file's name. */
export async function secret(name: string): Promise<string> {
  return (await readFile(`${(await stackOutputs()).secretsFolder}/${name}`, "utf8")).trim();
}

/** How the platform service's user reaches the source: with that user's rights a load writes. */
export async function platformAccess(): Promise<SourceAccess> {
  return sourceOf(stackName, await stackOutputs(), "platform_api");
}

/** A connection to the source as root. The caller ends it. */
export async function connectToSource(): Promise<mysql.Connection> {
  const [host, port] = (await stackOutputs()).mysqlAddress.split(":");
  return mysql.createConnection({
    host: host!,
    port: Number(port),
    user: "root",
    password: await secret("mysql-root-password"),
    database: "platform",
    timezone: "Z",
    dateStrings: true,
    supportBigNumbers: true,
    multipleStatements: true,
  });
}

/** Runs statements in the source, one connection for all. */
export async function source<T = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<T[]> {
  const connection = await connectToSource();
  try {
    const [rows] = await connection.query(sql, values);
    return rows as T[];
  } finally {
    await connection.end();
  }
}

const clients = new Map<string, Promise<ClickHouseClient>>();

/** A client of the warehouse as one of its users, made once. */
export function warehouseOf(user: "reader" | "verify"): Promise<ClickHouseClient> {
  const client = clients.get(user) ?? connectToWarehouse(user);
  clients.set(user, client);
  return client;
}

async function connectToWarehouse(user: string): Promise<ClickHouseClient> {
  const { clickhouseUrl } = await stackOutputs();
  const password = await secret(`clickhouse-${user}-password`);
  return createClient({
    url: clickhouseUrl,
    username: user,
    password,
    database: "platform",
    // A warehouse that is away is part of a fault, and a test that minds is thrown the error.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** Asks the warehouse as its read-only user. */
export async function warehouse<T = Record<string, unknown>>(query: string): Promise<T[]> {
  const answer = await (await warehouseOf("reader")).query({ query, format: "JSONEachRow" });
  return answer.json<T>();
}

/** Changes the warehouse behind the pipeline's back, as the owner of its tables; returns when it is done. */
export async function changeWarehouse(query: string): Promise<void> {
  const { clickhouseUrl } = await stackOutputs();
  const password = await secret("clickhouse-schema-password");
  const client = createClient({ url: clickhouseUrl, username: "schema", password, database: "platform" });
  try {
    await client.command({ query, clickhouse_settings: { mutations_sync: "1" } });
  } finally {
    await client.close();
  }
}

/** A single number, e.g. a count, from the warehouse. */
export async function warehouseNumber(query: string): Promise<number> {
  const [row] = await warehouse(query);
  return Number(Object.values(row!)[0]);
}

/** A single number from the source. */
export async function sourceNumber(query: string): Promise<number> {
  const [row] = await source(query);
  return Number(Object.values(row!)[0]);
}

/** A Kafka client on the host's side of the broker. */
export async function kafka(): Promise<Kafka> {
  const { kafkaBootstrap } = await stackOutputs();
  return new Kafka({ clientId: "stack-test", brokers: [kafkaBootstrap], logLevel: logLevel.ERROR });
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** A request to the platform service. A body that is a string is sent as it is. */
export async function api(method: string, path: string, body?: unknown): Promise<Answer> {
  const { platformApiUrl } = await stackOutputs();
  const response = await fetch(`${platformApiUrl}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> };
}

/** Places an order and returns its id. */
export async function placeOrder(order: Record<string, unknown> = {}): Promise<number> {
  const { status, body } = await api("POST", "/api/orders", {
    user_id: 1,
    product_name: "Test Product",
    quantity: 1,
    total_price: 100,
    ...order,
  });
  if (status !== 201) throw new Error(`the order was refused with ${status}: ${JSON.stringify(body)}`);
  return Number(body["order_id"]);
}

import { Inject, Injectable, OnApplicationShutdown } from "@nestjs/common";
import { ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { Unavailable } from "../http/problem";
import type { Settings } from "../settings";
import { SETTINGS } from "../settings.module";

/** Live numbers that take longer are of no use to a page that asks every second. Milliseconds. */
const timeout = 3_000;

/** ClickHouse, read only. */
@Injectable()
export class Warehouse implements OnApplicationShutdown {
  private readonly client: ClickHouseClient;

  constructor(@Inject(SETTINGS) { warehouse }: Settings) {
    const { url, user, password, database } = warehouse;
    this.client = createClient({
      url,
      username: user,
      password,
      database,
      request_timeout: timeout,
      // Its own log is not JSON; what goes wrong is in the errors.
      log: { level: ClickHouseLogLevel.OFF },
    });
  }

  /**
   * @param sql may hold `{name:Type}` for `values`
   * @throws Unavailable when ClickHouse cannot be reached, does not answer, or has no such table yet
   */
  async rows<Row>(sql: string, values: Record<string, unknown> = {}): Promise<Row[]> {
    try {
      const result = await this.client.query({ query: sql, query_params: values, format: "JSONEachRow" });
      return await result.json<Row>();
    } catch (error) {
      throw new Unavailable(`the warehouse has no numbers right now: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Whether it answers at all. */
  async answers(): Promise<boolean> {
    return (await this.client.ping()).success;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}

/** Short, for people: `ECONNREFUSED`, `UNKNOWN_TABLE`, or the message if there is nothing shorter. */
function reasonOf(error: unknown): string {
  const { code, type, message } = error as { code?: string; type?: string; message?: string };
  return type ?? code ?? message ?? "unknown error";
}

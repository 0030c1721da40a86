import { setTimeout as sleep } from "node:timers/promises";
import mysql, { type Connection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type { SourceAccess } from "../source";
import { mayPass } from "./failure";
import { commit, type LaneState, type Plan } from "./plan";
import { scriptOf, type Ground } from "./statements";

/** A transaction that the source has committed. */
export interface Commit {
  /** The `order_id` of the lane's marker; its `quantity` is `serial` from this transaction on. */
  readonly marker: number;
  readonly serial: number;
  /** When the source had confirmed it; when it was sent, if the confirmation was lost. Milliseconds since 1970. */
  readonly at: number;
}

/** What happened to a transaction. */
export type Outcome = "committed" | "given up" | "unknown";

/** Longest wait for an answer: a server that is cut off does not hang up. Milliseconds. */
const patience = 15_000;

/** Between two tries to connect. Milliseconds. */
const pause = 200;

/** One connection to the source that makes one transaction after the other, each exactly once. */
export class Lane {
  readonly state: LaneState;
  /** Connections that broke or could not be made. */
  failures = 0;
  private connection: Connection | undefined;

  constructor(
    private readonly access: SourceAccess,
    readonly ground: Ground,
    state: LaneState,
  ) {
    this.state = state;
  }

  /**
   * Makes a transaction. A connection that breaks is made anew; whether the transaction was committed before it broke
   * is then read from the marker, so that it is neither made twice nor left out.
   *
   * @param giveUp once aborted, a transaction that cannot be made is given up, or has an unknown outcome
   * @throws what the source refuses for good
   */
  async make(plan: Plan, giveUp: AbortSignal): Promise<{ outcome: Outcome; at: number }> {
    const script = scriptOf(plan, this.ground, this.state.rekeyed);
    let sentAt: number | undefined;
    for (;;) {
      try {
        const connection = (this.connection ??= await connect(this.access));
        if (sentAt !== undefined && (await this.committed(connection)) >= plan.serial) {
          commit(this.state, plan);
          return { outcome: "committed", at: sentAt };
        }
        sentAt = Date.now();
        const [results] = await connection.query<ResultSetHeader[]>({ sql: script.sql, timeout: patience });
        requireAffected(script.affected, results, script.sql);
        commit(this.state, plan);
        return { outcome: "committed", at: Date.now() };
      } catch (error) {
        // Whatever is open on it is rolled back by the server, so the next try starts afresh.
        this.connection?.destroy();
        this.connection = undefined;
        if (!mayPass(error)) throw error;
        this.failures++;
        if (giveUp.aborted)
          return { outcome: sentAt === undefined ? "given up" : "unknown", at: sentAt ?? Date.now() };
        await sleep(pause);
      }
    }
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.connection?.end().catch(() => this.connection?.destroy());
    this.connection = undefined;
  }

  /** The last transaction that was committed. The lock waits for one that is still being committed. */
  private async committed(connection: Connection): Promise<number> {
    const [rows] = await connection.query<RowDataPacket[]>({
      sql: `SELECT quantity FROM orders WHERE order_id = ${this.ground.marker} FOR UPDATE`,
      timeout: patience,
    });
    return Number(rows[0]?.["quantity"]);
  }
}

/** Connects to the source, for statements that are sent together. */
export function connect(access: SourceAccess): Promise<Connection> {
  return mysql.createConnection({
    ...access,
    multipleStatements: true,
    connectTimeout: patience,
    timezone: "Z",
  });
}

function requireAffected(
  wanted: readonly (number | undefined)[],
  results: readonly ResultSetHeader[],
  sql: string,
): void {
  wanted.forEach((count, i) => {
    if (count === undefined || results[i]?.affectedRows === count) return;
    throw new Error(
      `the load's rows are not as it left them: ${results[i]?.affectedRows ?? 0} rows instead of ${count} ` +
        `were affected by ${sql.split(";\n")[i]?.slice(0, 200)}`,
    );
  });
}

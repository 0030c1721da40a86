import { Injectable, OnApplicationShutdown } from "@nestjs/common";
import { DataSource, EntityManager, QueryRunner } from "typeorm";
import { Unavailable } from "../http/problem";
import { isBroken, isUnavailable, isWorthRepeating, reasonOf } from "./errors";

/** How long a request waits for a connection while all are taken. Milliseconds. */
const connectionWithin = 5_000;

/** How often a transaction is tried that others made impossible, by a deadlock or a lock held too long. */
const tries = 5;

/** MySQL, connected when first needed and again after it was away. */
@Injectable()
export class Source implements OnApplicationShutdown {
  private connecting: Promise<unknown> | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs statements on one connection.
   *
   * @throws Unavailable when MySQL cannot be reached or does not answer
   */
  async use<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    await this.connect();
    const runner = this.dataSource.createQueryRunner();
    try {
      await acquired(runner);
      return await work(runner.manager);
    } catch (error) {
      if (isBroken(error)) await discard(runner);
      throw isUnavailable(error) ? unavailable(error) : error;
    } finally {
      await runner.release();
    }
  }

  /**
   * Runs statements in a transaction, again if other transactions got in its way.
   *
   * @param work is repeated from its start, so it must have no other effects
   * @throws Unavailable when MySQL cannot be reached or does not answer. Unless the commit itself was under way, nothing
   *   was written then
   */
  async transact<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    for (let left = tries - 1; ; left--) {
      try {
        return await this.use((manager) => inTransaction(manager, work));
      } catch (error) {
        if (!isWorthRepeating(error)) throw error;
        if (left === 0)
          throw new Unavailable("MySQL is too busy with other orders; try again", { cause: error });
      }
    }
  }

  /** @throws Unavailable when MySQL does not answer */
  async ping(): Promise<void> {
    await this.use((manager) => manager.query("SELECT 1"));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connecting?.catch(() => undefined);
    if (!this.dataSource.isInitialized) return;
    // Connections that cannot be closed politely are lost already.
    await this.dataSource.destroy().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    if (this.dataSource.isInitialized) return;
    // All who come while it is tried wait for the same try.
    this.connecting ??= this.dataSource.initialize().finally(() => (this.connecting = undefined));
    try {
      await this.connecting;
    } catch (error) {
      throw isUnavailable(error) ? unavailable(error) : error;
    }
  }
}

async function inTransaction<Result>(
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  await manager.query("START TRANSACTION");
  let result: Result;
  try {
    result = await work(manager);
  } catch (error) {
    // A broken connection is closed by its user, and MySQL rolls back by itself.
    if (!isBroken(error)) await manager.query("ROLLBACK");
    throw error;
  }
  try {
    await manager.query("COMMIT");
  } catch (error) {
    if (!isBroken(error)) throw error;
    throw new Unavailable("MySQL went away during the commit: look whether the change was stored", {
      cause: error,
    });
  }
  return result;
}

/** Waits for the runner's connection. One that comes too late goes back to the pool. */
async function acquired(runner: QueryRunner): Promise<void> {
  const connection = runner.connect();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      connection.then(() => runner.release()).catch(() => undefined);
      reject(new Unavailable(`MySQL is too busy: no connection was free for ${connectionWithin} ms`));
    }, connectionWithin);
  });
  try {
    await Promise.race([connection, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Closes a connection in an unknown state instead of giving it back to the pool. */
async function discard(runner: QueryRunner): Promise<void> {
  const connection = (await runner.connect().catch(() => undefined)) as { destroy(): void } | undefined;
  connection?.destroy();
}

function unavailable(error: unknown): Unavailable {
  return new Unavailable(`MySQL is away: ${reasonOf(error)}`, { cause: error });
}

import { Module } from "@nestjs/common";
import { DataSource } from "typeorm";
import { Settings, SourceSettings } from "../settings";
import { SETTINGS } from "../settings.module";
import { OrderItemRow, OrderRow, ProductRow } from "./entities";
import { Source } from "./source";
import { SlowStatementLog } from "./statement-log";

/** Connections kept open. More than the disk has group commits for gains nothing. */
const poolSize = 32;

/** Requests that may wait for a connection; what comes on top is told to come back. */
const waitingRequests = 1_000;

/** A statement takes a few milliseconds; one that takes this long is given up. Milliseconds. */
const statementTimeout = 5_000;

/** Milliseconds. */
const connectTimeout = 3_000;

@Module({
  providers: [
    {
      provide: DataSource,
      inject: [SETTINGS],
      useFactory: ({ source }: Settings) => createDataSource(source),
    },
    Source,
  ],
  exports: [Source],
})
export class SourceModule {}

/** TypeORM's view of MySQL, not connected yet: the service starts, and says so, while MySQL is away. */
export function createDataSource({ host, port, user, password, database }: SourceSettings): DataSource {
  return new DataSource({
    type: "mysql",
    host,
    port,
    username: user,
    password,
    database,
    entities: [ProductRow, OrderRow, OrderItemRow],
    // Migrations change tables, with a user of their own.
    synchronize: false,
    charset: "utf8mb4",
    timezone: "Z",
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    poolSize,
    connectTimeout,
    maxQueryExecutionTime: statementTimeout,
    enableQueryTimeout: true,
    logger: new SlowStatementLog(),
    // trace: a stack trace per statement, kept for errors that name their statement anyway, costs a tenth of the CPU.
    extra: { queueLimit: waitingRequests, trace: false },
  });
}

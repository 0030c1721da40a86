import { Logger } from "@nestjs/common";
import type { Logger as StatementLogger } from "typeorm";

/** TypeORM would write to the console as it likes. Slow statements are worth a line, without the values in them. */
export class SlowStatementLog implements StatementLogger {
  private readonly logger = new Logger("Source");

  logQuerySlow(milliseconds: number, statement: string): void {
    this.logger.warn(`took ${milliseconds} ms: ${statement}`);
  }

  logQuery(): void {}
  logQueryError(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

import { createClient } from "@clickhouse/client";
import { Option, InvalidArgumentError } from "commander";
import { database, platformTables, rowsTableOf, tables, type TableSpec } from "../../../components/tables";
import { Problem } from "../problem";
import { kafkaOf } from "../kafka";
import { readOutputs, readSecret } from "../pulumi";
import { sourceOf } from "../source";
import { readStackSettings } from "../stack";
import { recount, type WrongSum } from "./analytics";
import { rewriteTable, Repairer } from "./repair";
import { examineSource, type VerifiedTable } from "./source";
import { verifyTable, type Difference, type Found, type Pipeline, type TableResult } from "./table";
import { patienceOf, Topics } from "./topics";
import { readViews, wrongViews, type WrongView } from "./views";
import { Warehouse } from "./warehouse";

/** Differences of a table that are kept to be shown. */
const shownDifferences = 20;

/** Versions from nowhere that are deleted; more of them have another cause. */
const mostFromNowhere = 100;

/** How long one change of the warehouse may take: it may write every part of a table anew. Milliseconds. */
const changePatience = 30 * 60_000;

/** Where the schema has the views of the analytics. */
const analyticsFile = "orders_analytics.sql";

/** The option that names tables; `make` gives it as TABLE=… */
export function tableOption(flags: string, description: string): Option {
  return new Option(flags, description).env("TRIBUTARY_TABLE").argParser(parseTables);
}

function parseTables(names: string): readonly TableSpec[] {
  if (names.trim() === "") return platformTables;
  return names.split(/[\s,]+/).map((name) => {
    const spec = tables.find(({ table }) => table === name);
    if (spec) return spec;
    throw new InvalidArgumentError(`Replicated are ${tables.map(({ table }) => table).join(", ")}.`);
  });
}

/** A table's result, with the first of its differences. */
export interface TableReport extends TableResult {
  readonly table: VerifiedTable;
  readonly examples: readonly Difference[];
}

/** A stack's pipeline, opened to be compared and repaired. */
export class Session {
  private repairer: Promise<Repairer> | undefined;

  private constructor(
    readonly stack: string,
    readonly tables: readonly VerifiedTable[],
    readonly pipeline: Pipeline,
    private readonly openRepairer: () => Promise<Repairer>,
    private readonly changeWarehouse: (statement: string) => Promise<void>,
  ) {}

  /**
   * Opens one on a stack. The caller closes it.
   *
   * @throws Problem if one of the servers cannot be reached, or a table cannot be compared
   */
  static async open(stack: string, specs: readonly TableSpec[], signal: AbortSignal): Promise<Session> {
    const outputs = await readOutputs(stack);
    const settings = readStackSettings(stack);
    const source = sourceOf(stack, outputs, "verify");
    const { binlogFile, tables: verified } = await examineSource(source, specs);
    const kafka = kafkaOf(outputs);
    const warehouse = new Warehouse({
      url: outputs.clickhouseUrl,
      user: "verify",
      password: readSecret(stack, "clickhouse-verify-password"),
      database,
    });
    const followTopics = () =>
      Topics.follow(kafka, `${settings.prefix}kafka`, verified, patienceOf(settings));
    try {
      for (const table of verified) await warehouse.requireColumns(table);
      return new Session(
        stack,
        verified,
        { source, warehouse, topics: await followTopics(), signal },
        () => Repairer.open(kafka, { database, binlogFile }),
        (statement) => changeWarehouse(stack, outputs.clickhouseUrl, statement),
      );
    } catch (error) {
      await warehouse.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([
      this.pipeline.topics.close(),
      this.pipeline.warehouse.close(),
      this.repairer?.then((repairer) => repairer.close()),
    ]);
  }

  /** Compares a table, and repairs what it finds if that is wanted. */
  async verify(
    table: VerifiedTable,
    { repair, onProgress }: { repair: boolean; onProgress: (rows: number) => void },
  ): Promise<TableReport> {
    const examples: Difference[] = [];
    const onDifferences = async (found: Found) => {
      examples.push(...found.differences.slice(0, shownDifferences - examples.length));
      if (repair) await this.repair(table, found);
    };
    return { table, examples, ...(await verifyTable(this.pipeline, table, { onProgress, onDifferences })) };
  }

  /** Writes all rows of a table to its topic again. @returns how many */
  async rewrite(table: VerifiedTable, onProgress: (rows: number) => void): Promise<number> {
    return rewriteTable(this.pipeline, table, await this.repairs(), onProgress);
  }

  /** The views that do not show what the schema says: those of the tables, and the analytics if that is wanted. */
  async wrongViews(analytics: boolean): Promise<WrongView[]> {
    const files = this.tables.map(({ spec }) => `${spec.table}.sql`);
    return wrongViews(
      this.pipeline.warehouse,
      await readViews(analytics ? [...files, analyticsFile] : files),
    );
  }

  /** Makes wrong views anew. */
  async makeAnew(views: readonly WrongView[]): Promise<void> {
    for (const { statement } of views) await this.changeWarehouse(statement);
  }

  /** Has the warehouse count wrong sums anew. */
  async recount(wrong: readonly WrongSum[]): Promise<void> {
    const statement = recount(wrong);
    if (statement) await this.changeWarehouse(statement);
  }

  private async repair(table: VerifiedTable, found: Found): Promise<void> {
    const impossible = found.differences.filter(({ fromNowhere }) => fromNowhere !== undefined);
    if (impossible.length > mostFromNowhere) {
      throw new Problem(
        `${impossible.length} rows of ${table.spec.table} have versions beyond the end of the binlog: it seems to have begun anew`,
        "Raise the stack's epoch by one (`./pulumi config set epoch …`), run `make up`, then `make resync`.",
      );
    }
    // They hide every change that follows, so they are taken out of the warehouse itself.
    if (impossible.length > 0) await this.changeWarehouse(deleteVersions(table, impossible));
    await (await this.repairs()).repair(table, found);
  }

  private repairs(): Promise<Repairer> {
    return (this.repairer ??= this.openRepairer());
  }
}

/** The statement that deletes the versions from nowhere of some keys, all at once: each mutation reads the table. Pure. */
export function deleteVersions(
  { spec, key }: Pick<VerifiedTable, "spec" | "key">,
  impossible: readonly Pick<Difference, "key" | "fromNowhere">[],
): string {
  const versions = impossible.map((one) => `(${one.key}, ${one.fromNowhere})`);
  return `ALTER TABLE ${rowsTableOf(spec)} DELETE WHERE (${key.inWarehouse}, _version) IN (${versions.join(", ")})`;
}

/** What only the warehouse itself can put right: the one thing here that needs its owner. */
async function changeWarehouse(stack: string, url: string, statement: string): Promise<void> {
  const client = createClient({
    url,
    username: "schema",
    password: readSecret(stack, "clickhouse-schema-password"),
    database,
    request_timeout: changePatience,
    // Signs of life keep the connection open for as long as the change takes.
    clickhouse_settings: { send_progress_in_http_headers: 1, http_headers_progress_interval_ms: "10000" },
  });
  try {
    await client.command({ query: statement, clickhouse_settings: { mutations_sync: "1" } });
  } finally {
    await client.close();
  }
}

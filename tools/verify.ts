// `make verify`: whether the warehouse holds the source's rows, all of them and nothing else, while writes go on.
import { setMaxListeners } from "node:events";
import { platformTables, type TableSpec } from "../components/tables";
import { addStackOption, addSwitch, command, run } from "./lib/cli";
import { formatDuration, indent, paint } from "./lib/text";
import { allOrNone } from "./lib/verify/all-or-none";
import { verifyAnalytics, type AnalyticsResult, type WrongSum } from "./lib/verify/analytics";
import { describeDifference, describeTable, describeWrongSum, describeWrongView } from "./lib/verify/report";
import { Session, tableOption, type TableReport } from "./lib/verify/session";
import type { VerifiedTable } from "./lib/verify/source";
import type { WrongView } from "./lib/verify/views";

/** Exit code when it could not be checked; 1 says that it was checked and is not right. */
const unchecked = 2;

/** Between two words about a long comparison; milliseconds. */
const progressPause = 10_000;

/** Wrong sums that are shown. */
const shownSums = 20;

const program = addSwitch(
  addStackOption(
    command(
      "verify",
      "Compare MySQL and ClickHouse row by row, also while writes go on.\n" +
        "Exit code 0: they hold the same. 1: they do not. 2: it could not be checked.",
    ),
  ),
  "--repair",
  "write what differs to the topics anew, from MySQL, and compare again",
  "TRIBUTARY_REPAIR",
)
  .addOption(
    tableOption("--table <tables>", "only these, separated by commas").default(platformTables, "all"),
  )
  .option("--no-analytics", "leave out the sums per minute, status and product")
  .option("--json", "print the result as JSON", false)
  .parse();
const options = program.opts<{
  stack: string;
  table: readonly TableSpec[];
  repair: boolean;
  analytics: boolean;
  json: boolean;
}>();

/** What was compared, and how. */
interface Comparison {
  readonly reports: readonly TableReport[];
  readonly wrongViews: readonly WrongView[];
  readonly wrongSums: readonly WrongSum[];
  /** Sums that were never at rest, and so not judged. */
  readonly restlessSums: readonly WrongSum[];
}

/** Ends the comparison of the other tables when that of one has failed. */
const stop = new AbortController();

await run(async (interrupted) => {
  const signal = AbortSignal.any([interrupted, stop.signal]);
  setMaxListeners(0, signal);
  const session = await Session.open(options.stack, options.table, signal);
  try {
    let result = await compare(session, options.repair);
    if (options.repair && !isRight(result)) {
      await session.makeAnew(result.wrongViews);
      await session.recount(result.wrongSums);
      say(paint("bold", "\nRepaired; comparing again."));
      result = await compare(session, false);
    }
    if (options.json) console.log(JSON.stringify(result, jsonValue, 2));
    if (!isRight(result)) process.exitCode = 1;
  } finally {
    await session.close();
  }
}, unchecked);

async function compare(session: Session, repair: boolean): Promise<Comparison> {
  const reports = await allOrNone(
    session.tables.map((table) => compareTable(session, table, repair)),
    stop,
  );
  for (const { table, examples, differences } of reports) {
    for (const example of examples) say(`\n${describeDifference(table, example)}`);
    const more = differences - examples.length;
    if (more > 0) say(`\nand ${more} more in ${table.spec.table}`);
  }
  const wrongViews = await session.wrongViews(ordersOf(session) !== undefined);
  for (const view of wrongViews) say(describeWrongView(view));
  const { wrong, restless } = await compareAnalytics(session);
  return { reports, wrongViews, wrongSums: wrong, restlessSums: restless };
}

async function compareTable(session: Session, table: VerifiedTable, repair: boolean): Promise<TableReport> {
  const started = Date.now();
  let rows = 0;
  const ticking = setInterval(
    () => say(`  ${table.spec.table}: ${rows.toLocaleString("en")} rows compared`),
    progressPause,
  );
  try {
    const report = await session.verify(table, { repair, onProgress: (compared) => (rows = compared) });
    say(describeTable(table.spec.table, report, formatDuration(Date.now() - started)));
    return report;
  } finally {
    clearInterval(ticking);
  }
}

/** The table that the analytics are made of, and along with which they are compared if that is wanted. */
function ordersOf({ tables }: Session): VerifiedTable | undefined {
  return options.analytics ? tables.find(({ spec }) => spec.table === "orders") : undefined;
}

async function compareAnalytics(session: Session): Promise<AnalyticsResult> {
  const orders = ordersOf(session);
  if (!orders) return { wrong: [], restless: [] };
  const started = Date.now();
  const result = await verifyAnalytics(session.pipeline, orders);
  const { wrong, restless } = result;
  const took = formatDuration(Date.now() - started);
  if (wrong.length === 0) {
    say(
      `${paint("green", "✔")} analytics: the sums per minute, status and product are those of the orders and of MySQL, in ${took}`,
    );
  } else {
    say(
      `${paint("red", "✘")} analytics: ${wrong.length} sums are not those of the orders and of MySQL, in ${took}`,
    );
    say(indent(wrong.slice(0, shownSums).map(describeWrongSum).join("\n")));
  }
  if (restless.length > 0)
    say(
      `${paint("yellow", "!")} analytics: ${restless.length} sums changed all the time and were not judged, e.g. ${restless[0]!.group.join(" ")}; look again when their orders are at rest`,
    );
  return result;
}

function isRight({ reports, wrongViews, wrongSums }: Comparison): boolean {
  return (
    wrongViews.length + wrongSums.length === 0 &&
    reports.every(({ differences, unsettled }) => differences + unsettled.length === 0)
  );
}

/** For people; with --json, beside the result. */
function say(text: string): void {
  if (options.json) console.error(text);
  else console.log(text);
}

/** Tables by name, large numbers as text. */
function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return key === "table" ? (value as VerifiedTable).spec.table : value;
}

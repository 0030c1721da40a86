// `make resync TABLE=orders`: a table brought into the warehouse anew, while capture and sync run on.
import type { TableSpec } from "../components/tables";
import { addStackOption, command, run } from "./lib/cli";
import { Problem } from "./lib/problem";
import { formatDuration } from "./lib/text";
import { describeTable } from "./lib/verify/report";
import { Session, tableOption, type TableReport } from "./lib/verify/session";
import type { VerifiedTable } from "./lib/verify/source";

/** Between two words about a long table; milliseconds. */
const progressPause = 10_000;

const program = addStackOption(
  command(
    "resync",
    "Write every row of a table to its topic again, as MySQL has it now, and remove from the warehouse what MySQL does not have.",
  ),
)
  .addOption(tableOption("--table <table>", "the table").makeOptionMandatory())
  .parse();
const { stack, table: specs } = program.opts<{ stack: string; table: readonly TableSpec[] }>();

await run(async (signal) => {
  if (!process.env["TRIBUTARY_TABLE"] && program.getOptionValueSource("table") === "env") {
    throw new Problem("resync needs to know which table", "Name it: `make resync TABLE=orders`.");
  }
  const session = await Session.open(stack, specs, signal);
  try {
    for (const table of session.tables) await resync(session, table);
  } finally {
    await session.close();
  }
});

async function resync(session: Session, table: VerifiedTable): Promise<void> {
  const started = Date.now();
  const name = table.spec.table;
  let written = 0;
  const ticking = setInterval(() => {
    console.log(`  ${name}: ${written.toLocaleString("en")} rows written to the topic`);
  }, progressPause);
  try {
    await session.rewrite(table, (rows) => (written = rows));
  } finally {
    clearInterval(ticking);
  }
  console.log(`  ${name}: all ${written.toLocaleString("en")} rows written to the topic`);
  const removed = await session.verify(table, { repair: true, onProgress: () => undefined });
  if (removed.differences > 0) console.log(`  ${name}: ${removed.differences} rows removed or put right`);
  const report = removed.differences > 0 ? await check(session, table) : removed;
  console.log(describeTable(name, report, formatDuration(Date.now() - started)));
  if (report.differences + report.unsettled.length > 0) process.exitCode = 1;
}

function check(session: Session, table: VerifiedTable): Promise<TableReport> {
  return session.verify(table, { repair: false, onProgress: () => undefined });
}

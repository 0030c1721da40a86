// `make test`: every suite, the stack suite on a stack of its own, which is removed again whatever happens.
import { rmSync } from "node:fs";
import path from "node:path";
import { Option } from "commander";
import { checks } from "./lib/checks";
import { command, run } from "./lib/cli";
import { closingLine, sum } from "./lib/counts";
import { writeFaultReport } from "./lib/fault-report";
import { ensureEngine } from "./lib/docker-engine";
import { lockStack } from "./lib/lock";
import { prepare, stepsAtOnce } from "./lib/prepare";
import { messageOf, Problem } from "./lib/problem";
import { logsFolder } from "./lib/project";
import { runSteps, StepsFailed, type Progress, type Step } from "./lib/steps";
import {
  Results,
  runAva,
  runCheck,
  runJobTests,
  runPluginTests,
  runServiceTests,
  runServiceTestsOn,
} from "./lib/suites";
import {
  bringUp,
  collectLogs,
  placeTestStack,
  removeOldTestStacks,
  takeDown,
  testStack,
} from "./lib/test-stack";
import { formatDuration, formatTable, paint } from "./lib/text";

const usualGroups = ["check", "unit", "service", "jobs", "plugins", "images", "stack"] as const;
/** The fault suite takes an hour and a half, so it runs only when it is named. */
const groups = [...usualGroups, "faults"] as const;
type Group = (typeof groups)[number];

const program = command(
  "test",
  "Run every suite; the stack suite brings up a stack of its own and removes it again.",
)
  .addOption(
    new Option("--only <group...>", "only these").choices(groups).default(usualGroups, "all but faults"),
  )
  .option(
    "--host-faults",
    "also the faults that take root on Linux: connections are cut, and Docker is restarted, so every container stops",
    false,
  )
  .option("--write-report", "put what the fault suite measures into docs/faults.md", false)
  .option("--keep", `leave the stack up, to look at it; \`make down STACK=${testStack}\` removes it`, false)
  .parse();
const { only, keep, hostFaults, writeReport } = program.opts<{
  only: readonly Group[];
  keep: boolean;
  hostFaults: boolean;
  writeReport: boolean;
}>();

const logs = path.join(logsFolder, "test");
const results = new Results();
const suites = {
  check: only.includes("check")
    ? checks.map((check) => results.suite(check.name, (progress) => runCheck(progress, check)))
    : [],
  unit: suite("unit", "unit", (progress) => runAva(progress, "ava.unit.config.mjs")),
  service: suite("service", "service", runServiceTests),
  jobs: suite("jobs", "job tests", runJobTests),
  plugins: suite("plugins", "plugin tests", runPluginTests),
  images: suite("images", "image contracts", (progress) => runAva(progress, "ava.images.config.mjs")),
  stack: [
    ...suite("stack", "service on MySQL", (progress) => runServiceTestsOn(testStack, progress)),
    ...suite("stack", "stack", runStackSuite),
  ],
  faults: suite("faults", "faults", runFaultSuite),
} satisfies Record<Group, Step[]>;

/** A suite, if its group is wanted. */
function suite(group: Group, ...args: Parameters<Results["suite"]>): Step[] {
  return only.includes(group) ? [results.suite(...args)] : [];
}

const failures: string[] = [];
let placed = false;

await run(async (signal) => {
  lockStack("tests", "make test");
  const started = Date.now();
  try {
    await attempt([...suites.check, ...suites.unit, ...suites.service, ...dockerSteps()], signal);
    if (placed) await attempt(await stepsWithDocker(), signal);
  } finally {
    if (placed) await tearDown();
    report(formatDuration(Date.now() - started));
  }
  if (signal.aborted) throw new Problem("interrupted", "Run `make test` again: what was built is kept.");
});

/** Runs steps to the end, and remembers what failed. */
async function attempt(steps: readonly Step[], signal?: AbortSignal): Promise<void> {
  try {
    await runSteps(steps, { logs, keepGoing: true, atOnce: stepsAtOnce, ...(signal && { signal }) });
  } catch (error) {
    failures.push(error instanceof StepsFailed ? error.message : messageOf(error));
  }
}

/** Docker, and a place on this machine for the stack. */
function dockerSteps(): Step[] {
  if (Object.values({ ...suites, check: [], unit: [], service: [] }).flat().length === 0) return [];
  return [
    { name: "docker", run: (progress) => ensureEngine(progress) },
    { name: "old test stacks", after: ["docker"], run: removeOldTestStacks },
    {
      name: "place",
      after: ["old test stacks"],
      run: async () => {
        const place = await placeTestStack();
        placed = true;
        return place;
      },
    },
  ];
}

/** The suites that need builders or images, and then, with the machine to itself, the stack with its suites. */
async function stepsWithDocker(): Promise<Step[]> {
  const { steps, names, builder } = await prepare("auto");
  const before = [
    // Some of them talk to real servers.
    ...suites.jobs.map((suite) => ({ ...suite, after: [...builder, "image clickhouse", "image kafka"] })),
    // They compile what the toolchain has just compiled.
    ...suites.plugins.map((suite) => ({ ...suite, after: ["toolchain"] })),
    ...suites.images.map((suite) => ({ ...suite, after: names })),
  ];
  // The stack suite's last file destroys the stack.
  const deployed = [...suites.faults, ...suites.stack];
  if (deployed.length === 0) return [...steps, ...before];
  const up: Step = { name: "up", after: names, behind: namesOf(before), lastLines: 60, run: bringUp };
  const onStack = deployed.map((suite, i) => ({
    ...suite,
    after: ["up"],
    behind: namesOf(deployed.slice(0, i)),
  }));
  return [...steps, ...before, up, ...onStack];
}

function namesOf(steps: readonly Step[]): string[] {
  return steps.map(({ name }) => name);
}

function runStackSuite(progress: Progress): ReturnType<typeof runAva> {
  // The last file destroys the stack.
  const files = keep ? ["tests/stack/[0-8]*.test.ts"] : [];
  return runAva(progress, "ava.stack.config.mjs", files, {
    TRIBUTARY_STACK: testStack,
    PULUMI_STACK: testStack,
  });
}

/** How each fault ended goes to the report, in the order in which they came. */
async function runFaultSuite(progress: Progress): ReturnType<typeof runAva> {
  const file = path.join(logs, "fault-results.jsonl");
  rmSync(file, { force: true });
  const outcome = await runAva(progress, "ava.faults.config.mjs", [], {
    TRIBUTARY_STACK: testStack,
    TRIBUTARY_FAULT_RESULTS: file,
    ...(hostFaults && { TRIBUTARY_HOST_FAULTS: "yes" }),
  });
  if (writeReport) writeFaultReport(file);
  return outcome;
}

/** Also after an interrupt: nothing of the stack may stay behind. */
async function tearDown(): Promise<void> {
  const folder = path.join(logs, "containers");
  const unwell = failures.length > 0 ? await collectLogs(folder) : "";
  if (unwell)
    failures.push(`${unwell}\n\nWhat all containers wrote is in ${path.relative(process.cwd(), folder)}/.`);
  if (keep) return;
  await attempt([{ name: "down", run: takeDown }]);
}

function report(took: string): void {
  if (failures.length > 0) console.log(`\n${failures.join("\n\n")}`);
  const all = results.all().filter(({ suite }) =>
    Object.values(suites)
      .flat()
      .some(({ name }) => name === suite),
  );
  const total = sum(all);
  const rows = all.map((row) => [row.suite, `${row.passed} passed`, `${row.failed} failed`, row.took]);
  console.log(`\n${formatTable([...rows, ["in all", "", "", took]])}\n`);
  const success = total.failed === 0 && failures.length === 0;
  if (!success) process.exitCode = 1;
  console.log(paint(success ? "green" : "red", closingLine(total)));
}

// `make bench`: how fresh and how fast the pipeline is, measured on a stack of its own. Minutes; bounded; not in CI.
import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { format, resolveConfig } from "prettier";
import type { Visibility } from "../components/config";
import { toMilliseconds, type Duration } from "../components/units";
import { openServers, type Servers } from "./lib/bench/access";
import { benchStack, bringUp, takeDown } from "./lib/bench/bench-stack";
import { freshnessHeader, freshnessRow, loadCases, measureFreshness, warmUp } from "./lib/bench/freshness";
import { markdownTable } from "./lib/bench/statistics";
import {
  measureApi,
  measureBacklog,
  measureSnapshot,
  measureSustained,
  type Absent,
  type Finding,
} from "./lib/bench/throughput";
import { command, run } from "./lib/cli";
import { ensureEngine } from "./lib/docker-engine";
import { Problem } from "./lib/problem";
import { logsFolder } from "./lib/project";
import { containerNames, defaultSettings, readStackSettings } from "./lib/stack";
import { runSteps, type Progress } from "./lib/steps";
import { formatBytes } from "./lib/text";

const parts = ["committed", "early", "sustained", "api", "backlog", "snapshot"] as const;
type Part = (typeof parts)[number];

/** The setting's default, at which the loads are measured once more with changes shown early. */
const usualInterval = defaultSettings().captureCheckpoint;

/** What a busy machine may take instead, to have more go through. */
const busyInterval: Duration = "500 ms";

/** Beside a longer interval the load makes no difference, so that one load is enough. Milliseconds. */
const longInterval = 10_000;

const program = command(
  "bench",
  "Measure freshness and throughput on a stack of its own, which is removed again.",
)
  .addOption(new Option("--only <part...>", "only these").choices(parts).default(parts, "all"))
  .option("--intervals <interval...>", "checkpoint intervals of the capture job", [
    usualInterval,
    "500 ms",
    "1 second",
    "60 seconds",
  ])
  .option("--set <name=value...>", "settings of the stack that differ from the defaults", [])
  .option("--seconds <n>", "how long each measurement takes", positive, 20)
  .option("--backlog <n>", "changes that pile up", positive, 1_000_000)
  .option("--write <file>", "also write the report there, as Markdown, once all of it is measured")
  .option("--keep", `leave the stack up; \`make down STACK=${benchStack}\` removes it`, false)
  .parse();
const options = program.opts<{
  only: readonly Part[];
  intervals: readonly Duration[];
  set: readonly string[];
  seconds: number;
  backlog: number;
  write?: string;
  keep: boolean;
}>();

const sections: string[] = [];

await run(async (signal) => {
  const logs = path.join(logsFolder, "bench");
  const step = (name: string, work: (progress: Progress) => Promise<string | undefined>) =>
    runSteps([{ name, run: work }], { logs, signal });
  await step("docker", (progress) => ensureEngine(progress));
  try {
    if (options.only.includes("committed"))
      for (const interval of options.intervals) await freshness(step, signal, interval, "committed");
    if (options.only.includes("early")) await freshness(step, signal, usualInterval, "early");
    await throughput(step, signal);
    // Only the whole of it takes the place of what was measured before.
    if (options.write) await write(options.write, report());
  } finally {
    if (sections.length > 0) console.log(`\n${report()}\n`);
    if (!options.keep) await runSteps([{ name: "down", run: takeDown }], { logs });
  }
});

type RunStep = (name: string, work: (progress: Progress) => Promise<string | undefined>) => Promise<void>;

function positive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("a whole number above 0");
}

/** What `--set` says. */
function setByHand(): Record<string, string> {
  return Object.fromEntries(
    options.set.map((text) => {
      const [, name = "", value = ""] = /^([^=]+)=(.*)$/.exec(text) ?? [];
      if (name === "") throw new Problem(`--set ${text}: write name=value`);
      return [name, value];
    }),
  );
}

/** Freshness under every load, with one set of settings. */
async function freshness(
  step: RunStep,
  signal: AbortSignal,
  captureCheckpoint: Duration,
  visibility: Visibility,
): Promise<void> {
  const what = `${visibility}, checkpoint every ${captureCheckpoint}`;
  await step(`up: ${what}`, (progress) =>
    bringUp(progress, { ...setByHand(), captureCheckpoint, visibility }),
  );
  const rows: string[][] = [];
  const interval = toMilliseconds(captureCheckpoint);
  const loads =
    interval > longInterval ? loadCases.filter(({ options: { rate } }) => rate === 1_000) : loadCases;
  const duration = Math.max(options.seconds * 1000, interval);
  await withServers(async (servers) => {
    await step("warm-up", () => warmUp(servers, signal));
    for (const load of loads)
      await step(`${load.name}, ${what}`, async () => {
        const row = freshnessRow(await measureFreshness(servers, load, duration, containers(), signal));
        rows.push(row);
        return row.slice(1, 5).join("; ");
      });
  });
  sections.push(`## Freshness: ${what}\n\n${markdownTable(freshnessHeader, rows)}`);
}

/** How much goes through, with the settings' defaults unless it is said. */
async function throughput(step: RunStep, signal: AbortSignal): Promise<void> {
  const duration = options.seconds * 1000;
  const sustained = (servers: Servers) => measureSustained(servers, duration, containers(), signal);
  const measurements: [Part, string, (servers: Servers) => Promise<Finding[]>][] = [
    ["sustained", "Sustained, through MySQL", sustained],
    [
      "sustained",
      `Sustained, through MySQL, checkpoint every ${busyInterval}`,
      async (servers) => {
        await step("up: a longer interval", (progress) =>
          bringUp(progress, { ...setByHand(), captureCheckpoint: busyInterval }),
        );
        const findings = await sustained(servers);
        await step("up: defaults again", (progress) => bringUp(progress, setByHand()));
        return findings;
      },
    ],
    ["api", "Sustained, through the API", (s) => measureApi(s, duration, containers(), signal)],
    ["backlog", "A backlog in the topics", (s) => backlogWithout("clickhouse-server", s)],
    [
      "backlog",
      "A backlog in the binlog, worked off by jobs that start cold",
      (s) => backlogWithout("flink-taskmanager", s),
    ],
    ["snapshot", "A first snapshot", (s) => measureSnapshot(s, startAfresh, containers(), signal)],
  ];
  const backlogWithout = (absent: Absent, servers: Servers) =>
    measureBacklog(servers, absent, options.backlog, containers(), signal);
  const startAfresh = () =>
    step("up: a new snapshot", (progress) => bringUp(progress, { ...setByHand(), snapshot: "1" }));
  const wanted = measurements.filter(([part]) => options.only.includes(part));
  if (wanted.length === 0) return;
  await step("up: defaults", (progress) => bringUp(progress, setByHand()));
  await withServers(async (servers) => {
    for (const [, title, measure] of wanted)
      await step(title, async () => {
        const findings = await measure(servers);
        sections.push(`## ${title}\n\n${markdownTable(["what", "result"], findings)}`);
        return findings.map((finding) => finding.join(": ")).join("; ");
      });
  });
}

async function withServers(action: (servers: Servers) => Promise<void>): Promise<void> {
  const servers = await openServers(benchStack);
  try {
    await action(servers);
  } finally {
    await servers.warehouse.close();
  }
}

function containers(): string[] {
  return containerNames(readStackSettings(benchStack));
}

/** What was measured so far, as Markdown. */
function report(): string {
  const machine = `${os.cpus().length} cores, ${formatBytes(os.totalmem())}, Linux`;
  return [
    "# Benchmarks",
    `Written by \`make bench\` on ${new Date().toISOString().slice(0, 10)}; everything, the load and the measuring ` +
      `included, on one machine: ${machine}. Times are p50 / p95 / p99 / largest in milliseconds, by one clock, of ` +
      "orders placed beside the load; what is seen in the warehouse is seen through the FINAL view.",
    ...sections,
  ].join("\n\n");
}

async function write(file: string, text: string): Promise<void> {
  const style = await resolveConfig(file, { editorconfig: true });
  writeFileSync(file, await format(text, { ...style, parser: "markdown" }));
}

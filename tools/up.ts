// `make up`: from whatever state this machine is in to a running pipeline.
import { createInterface } from "node:readline/promises";
import path from "node:path";
import { describeBanner } from "./lib/banner";
import { addStackOption, addSwitch, command, run } from "./lib/cli";
import { inspectEngine } from "./lib/docker";
import { ensureEngine, maySetUp, thisHost } from "./lib/docker-engine";
import { describeMissing, examine } from "./lib/doctor";
import { lockStack } from "./lib/lock";
import { Problem } from "./lib/problem";
import { bringAdded, tablesAddedTo, topicsOf } from "./lib/new-tables";
import { prepare, stepsAtOnce, type Preparation } from "./lib/prepare";
import { logsFolder } from "./lib/project";
import { ensureStack, readOutputs, runPulumi, summaryOf } from "./lib/pulumi";
import { awaitHealth, hasForgottenJobs } from "./lib/health";
import { repair } from "./lib/repair";
import { readStackSettings } from "./lib/stack";
import { runSteps, type Progress, type Step } from "./lib/steps";
import { formatDuration, indent, onTerminal } from "./lib/text";

const program = addSwitch(
  addStackOption(command("up", "Bring a stack up, or repair it, and wait until everything in it works.")),
  "--yes",
  "install what is missing without asking",
  "TRIBUTARY_YES",
).parse();
const options = program.opts<{ stack: string; yes: boolean }>();

await run(async (signal) => {
  const started = Date.now();
  const { stack } = options;
  lockStack(stack, "make up");
  await askBeforeInstalling();
  const logs = path.join(logsFolder, stack);
  await runSteps(firstSteps(stack), { logs, signal });
  const preparation = await prepare(readStackSettings(stack).images);
  await runSteps(nextSteps(stack, preparation), { logs, signal, atOnce: stepsAtOnce });
  console.log(describeBanner(stack, await readOutputs(stack), formatDuration(Date.now() - started)));
});

/** On a terminal nothing is installed on the machine without a yes. */
async function askBeforeInstalling(): Promise<void> {
  const host = thisHost();
  if (!onTerminal || options.yes || !host.debian || !maySetUp(host)) return;
  if ((await inspectEngine()).state !== "absent") return;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(
    "Docker Engine is missing. Install Debian's package docker.io now? [Y/n] ",
  );
  prompt.close();
  if (/^(y|yes|)$/i.test(answer.trim())) return;
  throw new Problem(
    "Docker is not installed",
    "Install it yourself, or answer yes (or run `make up YES=1`).",
  );
}

/** What decides about everything else: the machine, and Docker. */
function firstSteps(stack: string): Step[] {
  return [
    { name: "machine", run: (progress) => checkMachine(progress, stack) },
    { name: "docker", after: ["machine"], run: (progress) => prepareDocker(progress, stack) },
  ];
}

function nextSteps(stack: string, { steps, names }: Preparation): Step[] {
  let before: readonly string[] | undefined;
  return [
    { name: "containers", run: (progress) => repair(progress, stack) },
    ...steps,
    { name: "stack", after: ["toolchain"], run: (progress) => ensureStack(progress, stack) },
    {
      name: "deploy",
      after: [...names, "containers", "stack"],
      run: async (progress) => {
        before = await topicsOf(stack);
        return deploy(progress, stack);
      },
    },
    { name: "health", after: ["deploy"], run: (progress) => awaitHealth(progress, stack) },
    {
      name: "new tables",
      after: ["health"],
      run: (progress) => bringAdded(progress, stack, tablesAddedTo(before)),
    },
  ];
}

async function checkMachine(progress: Progress, stack: string): Promise<string> {
  const findings = await examine(stack);
  for (const { about, state, what } of findings) progress.note(`${state} ${about}: ${what}`);
  const missing = describeMissing(findings);
  if (missing)
    throw new Problem(
      `this machine is not ready\n${indent(missing)}`,
      "Put these right, then run it again.",
      { complete: true },
    );
  const warnings = findings.filter(({ state }) => state === "warning");
  return warnings.map(({ about, what }) => `${about}: ${what}`).join("; ") || "ready";
}

async function prepareDocker(progress: Progress, stack: string): Promise<string> {
  const before = await inspectEngine();
  const result = await ensureEngine(progress);
  // Only now can it be asked who holds which name and port.
  if (before.state !== "running") await checkMachine(progress, stack);
  return result;
}

async function deploy(progress: Progress, stack: string): Promise<string> {
  const bring = () => runPulumi(progress, stack, "up", "--refresh", "--skip-preview", "--yes");
  const output = await bring();
  if (!(await hasForgottenJobs(progress, stack))) return summaryOf(output);
  progress.note("the new cluster does not know the jobs; once more");
  return summaryOf(await bring());
}

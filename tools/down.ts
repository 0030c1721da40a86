// `make down`: removes a stack and everything of it, whatever state it is in.
import { rmSync } from "node:fs";
import path from "node:path";
import { addStackOption, command, run } from "./lib/cli";
import { inspectEngine } from "./lib/docker";
import { ensureEngine } from "./lib/docker-engine";
import { lockStack } from "./lib/lock";
import { messageOf, Problem } from "./lib/problem";
import { logsFolder, privateFolder } from "./lib/project";
import { runPulumi } from "./lib/pulumi";
import { describeThings, isEmpty, listThings, removeThings, thingsOf } from "./lib/stack";
import { forgetState, hasStaleLock, hasState, readState } from "./lib/state";
import { runSteps, type Progress, type Step } from "./lib/steps";

const program = addStackOption(
  command(
    "down",
    "Remove a stack: its containers, networks, volumes with all data, and what Pulumi knows of it.",
  ),
).parse();
const options = program.opts<{ stack: string }>();

await run(async (signal) => {
  const { stack } = options;
  lockStack(stack, "make down");
  if ((await inspectEngine()).state === "absent") {
    forget(stack);
    console.log("Docker is not installed, so there is nothing to remove but what Pulumi knew of the stack.");
    return;
  }
  await runSteps(stepsFor(stack), { logs: path.join(logsFolder, `${stack}-down`), signal });
  console.log(`Nothing of stack "${stack}" is left.`);
});

function stepsFor(stack: string): Step[] {
  return [
    { name: "docker", run: (progress) => ensureEngine(progress) },
    { name: "destroy", after: ["docker"], run: (progress) => destroy(progress, stack) },
    { name: "leftovers", after: ["destroy"], run: (progress) => removeLeftovers(progress, stack) },
    { name: "state", after: ["leftovers"], run: (progress) => removeState(progress, stack) },
  ];
}

/** Pulumi's own way first. Where it cannot go on, because a server it wants to talk to is dead, the labels will do. */
async function destroy(progress: Progress, stack: string): Promise<string> {
  if (readState(stack).length === 0) return "Pulumi has nothing of it";
  try {
    if (hasStaleLock(stack)) await runPulumi(progress, stack, "cancel", "--yes");
    await runPulumi(progress, stack, "destroy", "--skip-preview", "--yes");
    return "done";
  } catch (error) {
    if (progress.signal.aborted) throw error;
    progress.note(messageOf(error));
    return "Pulumi could not finish (see its log); going on without it";
  }
}

async function removeLeftovers(progress: Progress, stack: string): Promise<string> {
  const leftovers = thingsOf(stack, await listThings());
  if (isEmpty(leftovers)) return "none";
  progress.update(`removing ${describeThings(leftovers)}`);
  await removeThings(leftovers);
  const remaining = thingsOf(stack, await listThings());
  if (isEmpty(remaining)) return `removed ${describeThings(leftovers)}`;
  throw new Problem(
    `Docker did not remove ${describeThings(remaining)}`,
    "Something else uses them: `docker ps -a` shows what. Remove that and run this again.",
  );
}

async function removeState(progress: Progress, stack: string): Promise<string> {
  if (hasState(stack)) {
    try {
      await runPulumi(progress, stack, "stack", "rm", "--force", "--yes", "--preserve-config");
    } catch (error) {
      // Everything it would manage is gone, so its records can go without its help.
      progress.note(messageOf(error));
    }
  }
  forget(stack);
  return "removed";
}

function forget(stack: string): void {
  forgetState(stack);
  rmSync(path.join(privateFolder, "secrets", stack), { recursive: true, force: true });
}

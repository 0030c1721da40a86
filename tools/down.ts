// `make down`: removes a stack and everything of it, whatever state it is in.
import { rmSync } from "node:fs";
import path from "node:path";
import { addStackOptions, command, run, stackFrom } from "./lib/cli";
import { inspectEngine } from "./lib/docker";
import { ensureEngine } from "./lib/docker-engine";
import { lockStack } from "./lib/lock";
import { messageOf, Problem } from "./lib/problem";
import { logsFolder, privateFolder } from "./lib/project";
import { runPulumi, stackEnvironment } from "./lib/pulumi";
import {
  describeThings,
  isEmpty,
  listThings,
  removeThings,
  thingsOf,
  type StackReference,
} from "./lib/stack";
import { forgetState, hasStaleLock, hasState, readState } from "./lib/state";
import { runSteps, type Progress, type Step } from "./lib/steps";

const program = addStackOptions(
  command(
    "down",
    "Remove a stack: its containers, networks, volumes with all data, and what Pulumi knows of it.",
  ),
).parse();
const options = program.opts<{ stack: string; configFile?: string }>();

await run(async (signal) => {
  const stack = stackFrom(options);
  lockStack(stack.name, "make down");
  if ((await inspectEngine()).state === "absent") {
    forget(stack);
    console.log("Docker is not installed, so there is nothing to remove but what Pulumi knew of the stack.");
    return;
  }
  await runSteps(stepsFor(stack), { logs: path.join(logsFolder, `${stack.name}-down`), signal });
  console.log(`Nothing of stack "${stack.name}" is left.`);
});

function stepsFor(stack: StackReference): Step[] {
  return [
    { name: "docker", run: (progress) => ensureEngine(progress) },
    { name: "destroy", after: ["docker"], run: (progress) => destroy(progress, stack) },
    { name: "leftovers", after: ["destroy"], run: (progress) => removeLeftovers(progress, stack) },
    { name: "state", after: ["leftovers"], run: (progress) => removeState(progress, stack) },
  ];
}

/** Pulumi's own way first. Where it cannot go on, because a server it wants to talk to is dead, the labels will do. */
async function destroy(progress: Progress, stack: StackReference): Promise<string> {
  if (readState(stack.name).length === 0) return "Pulumi has nothing of it";
  try {
    if (hasStaleLock(stack.name)) await runPulumi(progress, stack, "cancel", "--yes");
    await runPulumi(progress, stack, "destroy", "--skip-preview", "--yes");
    return "done";
  } catch (error) {
    if (progress.signal.aborted) throw error;
    progress.note(messageOf(error));
    return "Pulumi could not finish (see its log); going on without it";
  }
}

async function removeLeftovers(progress: Progress, stack: StackReference): Promise<string> {
  const leftovers = thingsOf(stack.name, await listThings());
  if (isEmpty(leftovers)) return "none";
  progress.update(`removing ${describeThings(leftovers)}`);
  await removeThings(leftovers);
  const remaining = thingsOf(stack.name, await listThings());
  if (isEmpty(remaining)) return `removed ${describeThings(leftovers)}`;
  throw new Problem(
    `Docker did not remove ${describeThings(remaining)}`,
    "Something else uses them: `docker ps -a` shows what. Remove that and run this again.",
  );
}

async function removeState(progress: Progress, stack: StackReference): Promise<string> {
  if (hasState(stack.name)) {
    try {
      await progress.command(
        "./pulumi",
        ["stack", "rm", stack.name, "--force", "--yes", "--preserve-config"],
        {
          env: stackEnvironment(stack),
        },
      );
    } catch (error) {
      // Everything it would manage is gone, so its records can go without its help.
      progress.note(messageOf(error));
    }
  }
  forget(stack);
  return "removed";
}

function forget(stack: StackReference): void {
  forgetState(stack.name);
  rmSync(path.join(privateFolder, "secrets", stack.name), { recursive: true, force: true });
}

import { toMilliseconds } from "../../components/units";
import { hasCheckpointed, readFailure, readJob } from "./flink";
import { messageOf, Problem } from "./problem";
import { readOutputs, type StackOutputs } from "./pulumi";
import { describeUnready } from "./repair";
import { containerNames, listThings, readStackSettings, thingsOf } from "./stack";
import type { Progress } from "./steps";
import { waitUntil } from "./wait";

/** How long everything may take to become healthy after Pulumi is done, besides a checkpoint. Milliseconds. */
const timeout = 180_000;

/**
 * Waits until every container of the stack is healthy, and both jobs run and have completed a checkpoint.
 *
 * @throws Problem naming what is not
 */
export async function awaitHealth(progress: Progress, stack: string): Promise<string> {
  const outputs = await readOutputs(stack);
  const settings = readStackSettings(stack);
  const expected = containerNames(settings);
  const checkpoint = Math.max(
    toMilliseconds(settings.captureCheckpoint),
    toMilliseconds(settings.syncCheckpoint),
  );
  try {
    await waitUntil("containers and jobs", timeout + checkpoint, progress.signal, async () => {
      const missing = (await unhealthyContainers(stack, expected)) ?? (await stoppedJobs(outputs));
      if (missing) progress.update(missing);
      return missing;
    });
  } catch (error) {
    throw new Problem(
      messageOf(error),
      "`make status` shows the whole, `docker logs <container>` what one says. `make up` tries again.",
      { cause: error, complete: true },
    );
  }
  return `${expected.length} containers healthy, 2 jobs running`;
}

/** How long a cluster that has just been started may take to remember its jobs. Milliseconds. */
const memoryPatience = 15_000;

/**
 * Whether the cluster answers, and does not know one of the jobs: one that was made anew, and its memory with it, was not
 * there to tell Pulumi so.
 */
export async function hasForgottenJobs({ signal }: Progress, stack: string): Promise<boolean> {
  const { flinkUrl, captureJobId, syncJobId } = await readOutputs(stack);
  let forgotten = false;
  await waitUntil("the cluster to know both jobs", memoryPatience, signal, async () => {
    const jobs = await Promise.all([captureJobId, syncJobId].map((id) => readJob(flinkUrl, id)));
    forgotten = jobs.some(({ state }) => state === "MISSING");
    return forgotten ? "one is missing" : undefined;
  }).catch(() => undefined);
  return forgotten;
}

async function unhealthyContainers(stack: string, expected: readonly string[]): Promise<string | undefined> {
  const { containers } = thingsOf(stack, await listThings());
  const names = new Set(containers.map(({ name }) => name));
  const absent = expected.filter((name) => !names.has(name));
  return absent.length > 0 ? `no container ${absent.join(", ")}` : describeUnready(containers);
}

async function stoppedJobs({ flinkUrl, captureJobId, syncJobId }: StackOutputs): Promise<string | undefined> {
  try {
    for (const [what, id] of [
      ["capture", captureJobId],
      ["sync", syncJobId],
    ] as const) {
      const { state } = await readJob(flinkUrl, id);
      if (state === "RUNNING" && (await hasCheckpointed(flinkUrl, id))) continue;
      const why = state === "MISSING" ? "" : await readFailure(flinkUrl, id);
      const seen = state === "RUNNING" ? "RUNNING, but has completed no checkpoint" : state;
      return `job ${what} is ${seen}${why && `: ${why}`}`;
    }
    return undefined;
  } catch (error) {
    return `the Flink cluster does not answer: ${messageOf(error)}`;
  }
}

import { docker, type Container } from "./docker";
import { messageOf, Problem } from "./problem";
import { listThings, removeThings, thingsOf, type StackThings } from "./stack";
import { hasState, pulumiAtWork, readState, type StateResource } from "./state";
import type { Progress } from "./steps";
import { waitUntil } from "./wait";

/** What has to be done to a stack's containers before Pulumi looks at them. */
export interface Repairs {
  /** Stopped, by a reboot or by hand. */
  readonly start: readonly Container[];
  readonly unpause: readonly Container[];
  /** Running, but their health check fails. */
  readonly restart: readonly Container[];
  /** Made by a run that was killed before it could write them down; they would be in the way of the next. */
  readonly strays: StackThings;
}

/** Pure. @param owned all that bears the stack's labels @param state what Pulumi has recorded */
export function planRepairs(owned: StackThings, state: readonly StateResource[]): Repairs {
  const recorded = new Set(state.map(({ id }) => id));
  const known = owned.containers.filter(({ id, status }) => recorded.has(id) && status !== "dead");
  return {
    start: known.filter(({ status }) => status === "exited" || status === "created"),
    unpause: known.filter(({ status }) => status === "paused"),
    restart: known.filter(({ status, health }) => status === "running" && health === "unhealthy"),
    strays: {
      containers: owned.containers.filter((container) => !known.includes(container)),
      networks: owned.networks.filter(({ id }) => !recorded.has(id)),
      // A volume is taken over by the next run under its name, with what is in it.
      volumes: [],
    },
  };
}

/** Pulumi talks to the servers, so they get some time to come back first. Milliseconds. */
const comeBack = 120_000;

/** A container that Docker has restarted this often is not coming back as it is, and not waited for. */
const hopeless = 5;

/**
 * Brings a stack's containers back after a reboot, a kill or an interrupted run, so that Pulumi finds servers that
 * answer.
 *
 * @returns what it did, for people
 * @throws Problem if another Pulumi is at work on the stack: what it makes is written down only when it is healthy, and
 *   would be taken for a stray
 */
export async function repair(progress: Progress, stack: string): Promise<string> {
  if (!hasState(stack)) return "nothing there yet";
  const other = pulumiAtWork(stack);
  if (other !== undefined)
    throw new Problem(
      `another Pulumi is at work on stack "${stack}" (process ${other})`,
      `Run this again when it is done. If that is no Pulumi, \`./pulumi cancel --stack ${stack}\` removes its lock.`,
    );
  const { start, unpause, restart, strays } = planRepairs(
    thingsOf(stack, await listThings()),
    readState(stack),
  );
  const done: string[] = [];
  const each = async (verb: string, command: string, containers: readonly Container[]) => {
    if (containers.length === 0) return;
    const names = containers.map(({ name }) => name);
    progress.update(`${command} ${names.join(", ")}`);
    await docker(command, ...names);
    done.push(`${verb} ${names.join(", ")}`);
  };
  await removeThings(strays);
  if (strays.containers.length > 0)
    done.push(`removed ${strays.containers.map(({ name }) => name).join(", ")}`);
  await each("started", "start", start);
  await each("unpaused", "unpause", unpause);
  await each("restarted", "restart", restart);

  try {
    await waitUntil("the containers", comeBack, progress.signal, async () => {
      const { containers } = thingsOf(stack, await listThings());
      const unready = describeUnready(containers.filter(({ restarts }) => restarts < hopeless));
      if (unready) progress.update(unready);
      return unready;
    });
  } catch (error) {
    // Not the end: a container that cannot come back as it is may be one that Pulumi is about to replace.
    progress.update(messageOf(error));
  }
  return done.join("; ") || "nothing to do";
}

/** Which containers are not up and healthy, and how they are instead; `undefined` if all are. Pure. */
export function describeUnready(containers: readonly Container[]): string | undefined {
  const unready = containers
    .filter(({ status, health }) => status !== "running" || (health ?? "healthy") !== "healthy")
    .map(({ name, status, health, exitCode, healthOutput }) => {
      if (status !== "running")
        return `${name} is ${status}${status === "exited" ? ` (code ${exitCode})` : ""}`;
      return `${name} is ${health}${health === "unhealthy" && healthOutput ? ` (${healthOutput})` : ""}`;
    });
  return unready.length > 0 ? unready.join(", ") : undefined;
}

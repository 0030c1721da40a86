import { docker } from "../docker";

/** Cores that each container used on average, by its name. */
export type CpuUse = ReadonlyMap<string, number>;

/** How much a container had used at a moment. */
interface Reading {
  /** Processor time since the container's start. Seconds. */
  readonly used: number;
  /** Seconds of a steady clock. */
  readonly at: number;
}

/** Where the kernel counts a container's processor time: version 2 of its control groups, or version 1. */
const counter = "cat /sys/fs/cgroup/cpu.stat 2>/dev/null || cat /sys/fs/cgroup/cpuacct/cpuacct.usage";

/**
 * Begins to watch how much processor time containers use. The kernel counts it anyway; only the first and the last
 * reading cost something.
 *
 * @param containers their names; each runs all the time
 * @returns what ends it and gives the averages
 */
export async function watchCpu(containers: readonly string[]): Promise<() => Promise<CpuUse>> {
  const before = await readAll(containers);
  return async () => {
    const after = await readAll(containers);
    return new Map(
      containers.map((name) => [name, averageCores(before.get(name)!, after.get(name)!)] as const),
    );
  };
}

async function readAll(containers: readonly string[]): Promise<Map<string, Reading>> {
  return new Map(
    await Promise.all(
      containers.map(async (name) => {
        const text = await docker("exec", name, "sh", "-c", counter);
        return [name, { used: parseUsed(text), at: performance.now() / 1000 }] as const;
      }),
    ),
  );
}

/** Cores used on average from one reading to the next. Pure. */
export function averageCores(before: Reading, after: Reading): number {
  return (after.used - before.used) / (after.at - before.at);
}

/**
 * Seconds of processor time, from the lines of `cpu.stat` (microseconds) or from `cpuacct.usage` (nanoseconds). Pure.
 *
 * @throws Error if the text is neither
 */
export function parseUsed(text: string): number {
  const microseconds = /^usage_usec (\d+)$/m.exec(text)?.[1];
  if (microseconds !== undefined) return Number(microseconds) / 1e6;
  if (/^\d+$/.test(text.trim())) return Number(text) / 1e9;
  throw new Error(`no count of processor time: ${text}`);
}

/** `mysql 0.31, kafka 0.12`: the busiest first, those above a hundredth of a core. Pure. */
export function formatCpu(use: CpuUse, prefix: string): string {
  return [...use]
    .filter(([, cores]) => cores >= 0.01)
    .sort(([, one], [, other]) => other - one)
    .map(([name, cores]) => `${name.slice(prefix.length)} ${cores.toFixed(2)}`)
    .join(", ");
}

import { docker } from "../docker";

/** Cores that each container used on average, by its name. */
export type CpuUse = ReadonlyMap<string, number>;

/**
 * Watches how much processor time containers use, until it is told to stop.
 *
 * @param containers their names
 * @returns what ends it and gives the averages
 */
export function watchCpu(containers: readonly string[]): () => Promise<CpuUse> {
  const sums = new Map<string, number>();
  let looks = 0;
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      // Docker watches for a second or two before it answers.
      for (const [name, cores] of parseStats(
        await docker("stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}}", ...containers),
      ))
        sums.set(name, (sums.get(name) ?? 0) + cores);
      looks++;
    }
  })();
  return async () => {
    stop.abort();
    await watching;
    return new Map([...sums].map(([name, sum]) => [name, sum / looks]));
  };
}

/** `kafka 23.5%` on each line → cores by container. Pure. */
export function parseStats(text: string): [string, number][] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [name = "", percent = ""] = line.split(" ");
      return [name, Number.parseFloat(percent) / 100];
    });
}

/** `mysql 0.31, kafka 0.12`: the busiest first, those above a hundredth of a core. Pure. */
export function formatCpu(use: CpuUse, prefix: string): string {
  return [...use]
    .filter(([, cores]) => cores >= 0.01)
    .sort(([, one], [, other]) => other - one)
    .map(([name, cores]) => `${name.slice(prefix.length)} ${cores.toFixed(2)}`)
    .join(", ");
}

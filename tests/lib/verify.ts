import { execa } from "execa";
import { stackName } from "./stack";

/** What `make verify` prints with --json, as far as tests look at it. */
export interface Comparison {
  reports: {
    table: string;
    rows: number;
    differences: number;
    unsettled: string[];
    examples: { key: string }[];
  }[];
  wrongSums: { view: string; group: string[] }[];
  restlessSums: { view: string; group: string[] }[];
}

/** A run of `make verify`. */
export interface VerifyRun {
  exitCode: number | undefined;
  stderr: string;
  comparison: Comparison;
}

/**
 * Compares the stack's source and warehouse as people do.
 *
 * @param args more arguments, e.g. `--repair`
 * @throws Error if it could not compare
 */
export async function verify(...args: string[]): Promise<VerifyRun> {
  const tool = ["--import", "tsx", "tools/verify.ts", "--stack", stackName, "--json", ...args];
  const { exitCode, stdout, stderr } = await execa(process.execPath, tool, { reject: false });
  if (!stdout) throw new Error(`verify ended with ${exitCode}: ${stderr}`);
  return { exitCode, stderr, comparison: JSON.parse(stdout) as Comparison };
}

/** The keys that differ, by table. */
export function differing({ comparison }: VerifyRun): Record<string, string[]> {
  const found = comparison.reports.filter(({ differences }) => differences > 0);
  return Object.fromEntries(
    found.map(({ table, examples }) => [table, examples.map(({ key }) => key).sort()]),
  );
}

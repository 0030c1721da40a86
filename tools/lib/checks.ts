import path from "node:path";
import type { CommandOptions } from "./command";
import type { Progress } from "./steps";

/** One of the checks of `make check`. */
export interface Check {
  readonly name: string;
  /** Throws if something is not as it should be; the step's log says what. */
  readonly run: (progress: Progress) => Promise<void>;
}

const show: CommandOptions = { show: () => undefined };

function tool(name: string, bin: string, ...args: string[]): Check {
  return { name, run: (progress) => progress.command(path.join("node_modules", ".bin", bin), args, show) };
}

/** Format, lint and types of all TypeScript; they need neither Docker nor network. */
export const checks: readonly Check[] = [
  tool("format", "prettier", "--check", "--log-level=warn", "."),
  tool("lint", "eslint", "--max-warnings=0", "."),
  tool("types of the graph", "tsc", "-p", "."),
  tool("types of tools", "tsc", "-p", "tools"),
  tool("types of tests", "tsc", "-p", "tests"),
  tool("types of the page", "tsc", "-p", "web"),
];

/** What puts format and most of lint right, in the order in which it has to. */
export const repairs: readonly Check[] = [
  tool("lint", "eslint", "--fix", "."),
  tool("format", "prettier", "--write", "--log-level=warn", "."),
];

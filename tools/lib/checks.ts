import path from "node:path";
import type { CommandOptions } from "./command";
import { privateFolder, projectFolder } from "./project";
import { installService } from "./service";
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

/** What the tools know of files that have not changed since: a second look takes seconds. A fresh clone has none. */
const cache = path.join(path.relative(projectFolder, privateFolder), "cache", "check");

const prettierCache = ["--cache", `--cache-location=${cache}/prettier`];
// By content, because a checkout gives files new times.
const eslintCache = ["--cache", `--cache-location=${cache}/eslint`, "--cache-strategy=content"];

/** Lint looks at types, and the service's come with its own packages. */
const lint = tool("lint", "eslint", "--max-warnings=0", ...eslintCache, ".");
const lintWithService: Check = {
  ...lint,
  run: async (progress) => {
    await installService(progress);
    await lint.run(progress);
  },
};

function types(of: string, project: string): Check {
  return tool(
    `types of ${of}`,
    "tsc",
    "-p",
    project,
    "--incremental",
    "--tsBuildInfoFile",
    `${cache}/${of.replaceAll(" ", "-")}.tsbuildinfo`,
  );
}

/** Format, lint and types of all TypeScript; they need no Docker. */
export const checks: readonly Check[] = [
  tool("format", "prettier", "--check", "--log-level=warn", ...prettierCache, "."),
  lintWithService,
  types("the graph", "."),
  types("tools", "tools"),
  types("tests", "tests"),
  types("the page", "web"),
];

/** What puts format and most of lint right, in the order in which it has to. */
export const repairs: readonly Check[] = [
  tool("lint", "eslint", "--fix", "."),
  tool("format", "prettier", "--write", "--log-level=warn", "."),
];

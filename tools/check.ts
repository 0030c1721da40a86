// `make check` and `make fix`: format, lint and types, side by side.
import path from "node:path";
import { command, run } from "./lib/cli";
import { logsFolder } from "./lib/project";
import { runSteps, type Step } from "./lib/steps";

const program = command(
  "check",
  "Format, lint and types of all TypeScript; needs neither Docker nor network.",
)
  .option("--fix", "repair what can be repaired", false)
  .parse();
const { fix } = program.opts<{ fix: boolean }>();

const remedy = "`make fix` repairs format and most of lint.";

const checks: Step[] = [
  tool("format", ["prettier", "--check", "."], { remedy }),
  tool("lint", ["eslint", "--max-warnings=0", "."], { remedy }),
  ...["tsconfig.json", "tools/tsconfig.json", "tests/tsconfig.json"].map((project) =>
    tool(`types of ${path.dirname(project) === "." ? "components" : path.dirname(project)}`, [
      "tsc",
      "-p",
      project,
    ]),
  ),
];

const repairs: Step[] = [
  tool("lint", ["eslint", "--fix", "."]),
  tool("format", ["prettier", "--write", "."], { after: ["lint"] }),
];

function tool(name: string, args: [string, ...string[]], more: Partial<Step> = {}): Step {
  const [bin, ...rest] = args;
  return {
    name,
    lastLines: 80,
    ...more,
    run: async (progress) => {
      await progress.command(path.join("node_modules", ".bin", bin), rest);
      return undefined;
    },
  };
}

await run(async (signal) => {
  const logs = path.join(logsFolder, fix ? "fix" : "check");
  await runSteps(fix ? repairs : checks, { logs, signal, keepGoing: true });
});

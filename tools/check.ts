// `make check` and `make fix`: format, lint and types, side by side.
import path from "node:path";
import { checks, repairs, type Check } from "./lib/checks";
import { command, run } from "./lib/cli";
import { logsFolder } from "./lib/project";
import { runSteps, type Step } from "./lib/steps";

const program = command("check", "Format, lint and types of all TypeScript; needs no Docker.")
  .option("--fix", "repair what can be repaired", false)
  .parse();
const { fix } = program.opts<{ fix: boolean }>();

await run(async (signal) => {
  const steps = (fix ? repairs : checks).map(toStep);
  // Repairs one after the other: they write the same files.
  await runSteps(steps, {
    logs: path.join(logsFolder, "check"),
    signal,
    keepGoing: true,
    ...(fix && { atOnce: 1 }),
  });
});

function toStep({ name, run: check }: Check): Step {
  return {
    name,
    lastLines: 80,
    ...(!fix && { remedy: "`make fix` repairs format and most of lint." }),
    run: async (progress) => {
      await check(progress);
      return undefined;
    },
  };
}

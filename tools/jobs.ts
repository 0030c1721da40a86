// `make jobs`: the two Flink jobs, built in a container into build/jobs/.
import { command, run } from "./lib/cli";
import { buildJobs, testJobs } from "./lib/jobs";
import { runSteps } from "./lib/steps";
import { logsFolder } from "./lib/project";

const program = command("jobs", "Build the two Flink jobs, unless these very sources were built before.")
  .option("--test", "run their tests and checks instead")
  .parse();
const { test = false } = program.opts<{ test?: boolean }>();

await run(async (signal) => {
  await runSteps(
    [
      {
        name: test ? "jobs-test" : "jobs",
        remedy: "Without a builder image run `make images` first.",
        lastLines: 40,
        async run({ log, signal: stop, update }) {
          const options = { log, signal: stop, onLine: update };
          if (test) {
            await testJobs(options);
            return undefined;
          }
          const { hash, cached } = await buildJobs(options);
          return cached ? "cached" : `build/jobs/${hash}`;
        },
      },
    ],
    { logs: logsFolder, signal },
  );
});

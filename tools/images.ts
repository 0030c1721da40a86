// Brings every image of a stack to this machine: `make images`.
import { Option } from "commander";
import { catalog, type ImageName } from "../images/catalog";
import type { ImageSource } from "../images/reference";
import { command, run } from "./lib/cli";
import { imageSteps, resolveImageSource } from "./lib/images";
import { stepsAtOnce } from "./lib/prepare";
import { logsFolder } from "./lib/project";
import { runSteps } from "./lib/steps";

const program = command(
  "images",
  "Pulls or builds the images of a stack; does nothing for those that are there.",
)
  .addOption(
    new Option("--source <source>", "where from; auto asks the registry first")
      .choices(["auto", "registry", "packages"])
      .default("auto"),
  )
  .addOption(new Option("--only <name...>", "only these, and what they need").choices(Object.keys(catalog)));

const options = program.parse().opts<{ source: ImageSource | "auto"; only?: ImageName[] }>();
await run(async (signal) => {
  const source = await resolveImageSource(options.source);
  await runSteps(imageSteps(source, options.only), { logs: logsFolder, signal, atOnce: stepsAtOnce });
});

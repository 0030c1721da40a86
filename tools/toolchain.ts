// `make toolchain`: Pulumi and its plugins for this checkout, downloaded or built, in .tributary/pulumi-home.
import { Option } from "commander";
import { command, run } from "./lib/cli";
import { prepareToolchain, type ToolchainSource } from "./lib/toolchain";

const options = command("toolchain", "Get Pulumi and its plugins, from the cache where it can.")
  .addOption(
    new Option("--source <source>", "official downloads, built from toolchain/, or whatever works")
      .choices(["auto", "official", "built"])
      .default("auto"),
  )
  .parse()
  .opts<{ source: ToolchainSource }>();

await run(async (signal) => {
  console.log(await prepareToolchain(options.source, { report: console.log, signal }));
});

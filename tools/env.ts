// `make env`: what ./pulumi sets, as lines for a shell, so that plain `pulumi` works on this checkout.
import { execa } from "execa";
import { run } from "./lib/cli";
import { projectFolder } from "./lib/project";

await run(async () => {
  const { stdout } = await execa(
    "sh",
    [
      "-euc",
      '. "$root/toolchain/environment.sh"; exec "$0" -p "JSON.stringify(process.env)"',
      process.execPath,
    ],
    { env: { root: projectFolder, PATH: process.env["PATH"] }, extendEnv: false },
  );
  const variables = JSON.parse(stdout) as Record<string, string>;
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith("PULUMI_")) console.log(`export ${name}=${quoted(value)}`);
  }
  console.log("unset PULUMI_CONFIG_PASSPHRASE");
  // There `pulumi` is the wrapper, which keeps tracked files as they are.
  console.log(`export PATH=${quoted(projectFolder)}:"$PATH"`);
});

/** A text as one word of a shell's command line. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

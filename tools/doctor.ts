// `make doctor`: what `make up` wants of this machine, and what to do about what is missing.
import { addStackOption, command, run } from "./lib/cli";
import { examine, type Finding } from "./lib/doctor";
import { indent, paint } from "./lib/text";

const program = addStackOption(command("doctor", "Check this machine; change nothing.")).parse();
const options = program.opts<{ stack: string }>();

const marks: Record<Finding["state"], string> = {
  good: paint("green", "✔"),
  soon: paint("cyan", "•"),
  warning: paint("yellow", "!"),
  missing: paint("red", "✖"),
};

await run(async () => {
  const findings = await examine(options.stack);
  for (const { about, state, what, remedy } of findings) {
    console.log(`${marks[state]} ${about}: ${what}${remedy ? `\n${indent(remedy, 4)}` : ""}`);
  }
  const missing = findings.filter(({ state }) => state === "missing").length;
  console.log(missing === 0 ? "\nReady for `make up`." : `\n${missing} to put right before \`make up\`.`);
  if (missing > 0) process.exitCode = 1;
});

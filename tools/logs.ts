// `make logs`: what the containers of a stack write, as it comes.
import { execa } from "execa";
import { addStackOption, command, run } from "./lib/cli";
import { Problem } from "./lib/problem";
import { listThings, thingsOf } from "./lib/stack";

const program = addStackOption(command("logs", "Follow what a stack's containers write; Ctrl-C ends it."))
  .argument("[container...]", "only these")
  .option("--tail <lines>", "how much of the past to begin with", "20")
  .allowExcessArguments()
  .parse();
const { stack, tail } = program.opts<{ stack: string; tail: string }>();

await run(async (signal) => {
  const { containers } = thingsOf(stack, await listThings());
  const wanted = containers.filter(({ name }) => program.args.length === 0 || program.args.includes(name));
  if (wanted.length === 0) {
    throw new Problem(
      `stack "${stack}" has no such container`,
      "`make status` lists them; `make up` makes them.",
    );
  }
  const width = Math.max(...wanted.map(({ name }) => name.length));
  await Promise.all(wanted.map(({ name }) => follow(name, name.padEnd(width), tail, signal)));
});

/** Passes on a container's lines, each under its name, until the container or the user ends it. */
async function follow(container: string, label: string, lines: string, signal: AbortSignal): Promise<void> {
  const logs = execa("docker", ["logs", "--follow", "--tail", lines, container], {
    stdin: "ignore",
    all: true,
    buffer: false,
    reject: false,
    cancelSignal: signal,
  });
  for await (const line of logs.iterable({ from: "all" })) console.log(`${label} | ${line}`);
}

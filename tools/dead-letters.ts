// `make dead-letters`: changes the warehouse did not take, and why; `--replay` gives them back to their topics.
import { Option } from "commander";
import { deadLetterTopicOf, tables } from "../components/tables";
import { addStackOption, command, run } from "./lib/cli";
import { readTopics, replay } from "./lib/dead-letters/boxes";
import { chooseLetters, describeLetters, openLetters } from "./lib/dead-letters/letter";
import { kafkaOf } from "./lib/kafka";
import { messageOf, Problem } from "./lib/problem";
import { readOutputs } from "./lib/pulumi";

const program = addStackOption(
  command(
    "dead-letters",
    "List the changes that ClickHouse did not take, with the reason, or give them back to their topics. " +
      "A letter that was replayed is not listed any more; if it fails again, a new one is.",
  ),
)
  .addOption(
    new Option(
      "--replay <letter...>",
      "write these back to their topics, byte for byte; `all` for all of them",
    ).env("TRIBUTARY_REPLAY"),
  )
  .parse();
const options = program.opts<{ stack: string; replay?: string | string[] }>();
// From the environment they come as one text, which is empty where `make` was told of none.
const wanted = [options.replay ?? []].flat().flatMap((names) => names.split(/\s+/).filter(Boolean));

await run(async (signal) => {
  const kafka = kafkaOf(await readOutputs(options.stack));
  const open = openLetters(await readTopics(kafka, tables.map(deadLetterTopicOf), signal));
  if (open.length === 0) {
    console.log("No dead letters.");
    return;
  }
  if (wanted.length === 0) {
    console.log(describeLetters(open));
    console.log("\nRemove the reason, then replay them: `make dead-letters REPLAY=all`, or REPLAY=<letter>.");
    return;
  }
  const count = await replay(kafka, choose(), signal);
  console.log(`${count} replayed. If one fails again, \`make dead-letters\` shows it again.`);

  function choose() {
    try {
      return wanted.includes("all") ? open : chooseLetters(open, wanted);
    } catch (error) {
      throw new Problem(messageOf(error), "`make dead-letters` lists them.", { cause: error });
    }
  }
});

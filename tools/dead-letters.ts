// `make dead-letters`: changes the warehouse did not take, and why; `--replay` gives them back to their topics, `--dismiss`
// takes them off the list.
import { Option } from "commander";
import { deadLetterTopicOf, tables } from "../components/tables";
import { addStackOption, command, run } from "./lib/cli";
import { readTopics, settle } from "./lib/dead-letters/boxes";
import {
  chooseLetters,
  describeLetters,
  openLetters,
  type Letter,
  type Settlement,
} from "./lib/dead-letters/letter";
import { kafkaOf } from "./lib/kafka";
import { messageOf, Problem } from "./lib/problem";
import { readOutputs } from "./lib/pulumi";

const program = addStackOption(
  command(
    "dead-letters",
    "List the changes that ClickHouse did not take, with the reason, give them back to their topics, or take them off the list. " +
      "A letter that was replayed is not listed any more; if it fails again, a new one is.",
  ),
)
  .addOption(
    new Option(
      "--replay <letter...>",
      "write these back to their topics, byte for byte; `all` for all of them",
    ).env("TRIBUTARY_REPLAY"),
  )
  .addOption(
    new Option(
      "--dismiss <letter...>",
      "list these no more, since `make verify` has found or made their rows equal; `all` for all of them",
    ).env("TRIBUTARY_DISMISS"),
  )
  .parse();
const options = program.opts<{ stack: string } & Partial<Record<Settlement, string | string[]>>>();
const wanted = { replay: namesOf(options.replay), dismiss: namesOf(options.dismiss) };

await run(async (signal) => {
  if (wanted.replay.length > 0 && wanted.dismiss.length > 0)
    throw new Problem("letters are either replayed or dismissed", "Name them in two runs.");
  const kafka = kafkaOf(await readOutputs(options.stack));
  const open = openLetters(await readTopics(kafka, tables.map(deadLetterTopicOf), signal));
  if (open.length === 0) {
    console.log("No dead letters.");
  } else if (wanted.replay.length > 0) {
    const count = await settle(kafka, choose(open, wanted.replay), "replay", signal);
    console.log(`${count} replayed. If one fails again, \`make dead-letters\` shows it again.`);
  } else if (wanted.dismiss.length > 0) {
    const count = await settle(kafka, choose(open, wanted.dismiss), "dismiss", signal);
    console.log(
      `${count} dismissed. Their topics still have them; \`make verify\` tells whether all is equal.`,
    );
  } else {
    console.log(describeLetters(open));
    console.log(
      "\nRemove the reason, then replay them: `make dead-letters REPLAY=all`, or REPLAY=<letter>. " +
        "DISMISS takes them off the list, where `make verify REPAIR=1` has put their rows right.",
    );
  }
});

/** From the environment they come as one text, which is empty where `make` was told of none. */
function namesOf(given: string | string[] | undefined): string[] {
  return [given ?? []].flat().flatMap((names) => names.split(/\s+/).filter(Boolean));
}

function choose(open: readonly Letter[], names: readonly string[]): readonly Letter[] {
  try {
    return names.includes("all") ? open : chooseLetters(open, names);
  } catch (error) {
    throw new Problem(messageOf(error), "`make dead-letters` lists them.", { cause: error });
  }
}

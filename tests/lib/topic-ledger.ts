import { execa } from "execa";
import { heartbeats, tables, topicOf } from "../../components/tables";
import { committedBy, withAdmin, type Offsets } from "../../tools/lib/kafka";
import { container, kafka } from "./stack";
import { committedEnd } from "./topic";

/** What has been written to the topics since the ledger was opened. */
export interface Entries {
  /** Committed records whose change was not there before, those of snapshots left out. */
  readonly changes: number;
  /** Committed records whose change, or whose row in the same snapshot, was there before. */
  readonly duplicates: number;
}

/** The topics of what the platform keeps, by their table. */
const topics = new Map(
  tables.filter((spec) => spec !== heartbeats).map((spec) => [spec.table, topicOf(spec)]),
);

/** A reader ends when nothing more comes for this time: at the end, or because it was slow to begin. Milliseconds. */
const quiet = 5_000;

/** How long readers are sent for what the one before has left. Milliseconds. */
const patience = 120_000;

/** A change, as its record tells it. */
interface Change {
  op: string;
  source: { epoch: number; table: string; file: string; pos: number; row: number };
}

/**
 * Keeps account of every committed record: a change stands at one place in the binlog, so a second record of the same
 * place is a duplicate. Rows of a snapshot share its place, and differ in their keys.
 *
 * It reads with Kafka's own consumer: kafkajs was seen to pass on records of aborted transactions where many were
 * aborted one after the other.
 */
export class TopicLedger {
  private readonly seen = new Set<string>();
  private readonly group = `ledger-${Date.now()}`;
  private opened = new Map<string, Offsets>();

  /** Begins to count: what comes from now on is an entry, and what was there before can only be come again. */
  async open(): Promise<void> {
    this.opened = await ends();
  }

  /** Reads on to the end that the topics have now. */
  async readOn(): Promise<Entries> {
    const goal = await ends();
    const deadline = Date.now() + patience;
    const entries = { changes: 0, duplicates: 0 };
    for (;;) {
      await this.read(entries);
      const unread = await this.unread(goal);
      if (unread.length === 0) return entries;
      if (Date.now() > deadline)
        throw new Error(`Kafka's consumer did not come to the end of ${unread.join(", ")}`);
    }
  }

  /** Reads on for as long as something comes, and counts it. */
  private async read(entries: { changes: number; duplicates: number }): Promise<void> {
    for await (const { partition, offset, key, value } of this.records()) {
      const change = changeOf(value);
      if (!change) continue;
      const { op, source } = change;
      const identity = [source.table, key, source.epoch, source.file, source.pos, source.row, op].join(" ");
      const isAgain = this.seen.has(identity);
      this.seen.add(identity);
      if (offset < (this.opened.get(source.table)?.get(partition) ?? 0n)) continue;
      if (isAgain) entries.duplicates++;
      else if (op !== "r") entries.changes++;
    }
  }

  /** The partitions that it has not read to these ends: what its group has committed counts the transactions' marks too. */
  private async unread(goal: ReadonlyMap<string, Offsets>): Promise<string[]> {
    return withAdmin(await kafka(), async (admin) => {
      const unread: string[] = [];
      for (const [table, offsets] of goal) {
        const topic = topics.get(table)!;
        const read = await committedBy(admin, this.group, topic);
        for (const [partition, end] of offsets) {
          // A partition without records may have no offset of the group.
          if ((read.get(partition) ?? 0n) < end) unread.push(`${topic}/${partition}`);
        }
      }
      return unread;
    });
  }

  /** The committed records of all topics that this ledger has not read yet. */
  private async *records(): AsyncGenerator<RecordLine> {
    const command = [
      ...["exec", await container("kafka"), "kafka-console-consumer", "--bootstrap-server", "kafka:9092"],
      ...["--include", [...topics.values()].join("|"), "--group", this.group, "--from-beginning"],
      ...["--isolation-level", "read_committed", "--timeout-ms", String(quiet)],
      ...["partition", "offset", "key"].flatMap((what) => ["--formatter-property", `print.${what}=true`]),
    ];
    // A million records are more than there is room for at once.
    const consumer = execa("docker", command, { buffer: { stdout: false } });
    for await (const line of consumer.iterable()) {
      const record = parseLine(line);
      if (record) yield record;
    }
    await consumer;
  }
}

interface RecordLine {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: string;
}

/** A line of the consumer: `Partition:1 Offset:42 <key> <value>`, with tabs between them. */
function parseLine(line: string): RecordLine | undefined {
  const [, partition, offset, key = "", value = ""] =
    /^Partition:(\d+)\tOffset:(\d+)\t([^\t]*)\t(.*)$/.exec(line) ?? [];
  return offset === undefined
    ? undefined
    : { partition: Number(partition), offset: BigInt(offset), key, value };
}

/** A record's change; undefined for what capture did not write, such as what a test of dead letters sends. */
function changeOf(value: string): Change | undefined {
  try {
    return JSON.parse(value) as Change;
  } catch {
    return undefined;
  }
}

async function ends(): Promise<Map<string, Offsets>> {
  return new Map(
    await Promise.all([...topics].map(async ([table, topic]) => [table, await committedEnd(topic)] as const)),
  );
}

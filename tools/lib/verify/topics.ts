import { randomUUID } from "node:crypto";
import type { Admin, Consumer, Kafka, KafkaMessage } from "kafkajs";
import type { Settings } from "../../../components/config";
import { consumerGroup } from "../../../components/sync-job";
import { heartbeats, topicOf } from "../../../components/tables";
import { toMilliseconds } from "../../../components/units";
import type { Alarm } from "../alarms/alarms";
import { holdersOf, readEnds, readHanging, readTransactions } from "../alarms/transactions";
import { beginsOf, committedBy, endsOf } from "../kafka";
import { Problem, messageOf } from "../problem";
import { waitUntil } from "../wait";
import { changeIn, numberInRecord } from "./change-event";
import type { TopicChange } from "./judge";
import type { VerifiedTable } from "./source";

/** Offsets of a topic's partitions, by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** How far our own reader has come in a partition, and where the last change that it saw ends. */
export interface ReadSoFar {
  position: bigint;
  afterLastChange: bigint;
}

/** How long what MySQL has committed may take into the warehouse, beside the jobs' checkpoints; milliseconds. */
const underway = 120_000;

/** The same with them: each job may have to wait for one to end, and then for the next. Pure. */
export function patienceOf(settings: Pick<Settings, "captureCheckpoint" | "syncCheckpoint">): number {
  const { captureCheckpoint, syncCheckpoint } = settings;
  return underway + 2 * (toMilliseconds(captureCheckpoint) + toMilliseconds(syncCheckpoint));
}

/**
 * Whether everything before `end` is in the warehouse. Pure.
 *
 * Sync commits an offset after what lies before it is written. It commits the place after the last change, but the
 * markers of Kafka's transactions lie behind: so either its offset is at the end, or we have read up to the end
 * ourselves and found no change that it has not committed.
 *
 * @returns the partitions that are not there yet
 */
export function missingPartitions(
  end: Offsets,
  committed: Offsets,
  read: ReadonlyMap<number, ReadSoFar>,
): number[] {
  const reached = ([partition, offset]: [number, bigint]) => {
    const done = committed.get(partition) ?? 0n;
    const ours = read.get(partition);
    return done >= offset || (ours && ours.position >= offset && done >= ours.afterLastChange);
  };
  return [...end].filter((entry) => !reached(entry)).map(([partition]) => partition);
}

/** Follows the topics of tables, from where sync had come when it began. */
export class Topics {
  private readonly read = new Map<string, Map<number, ReadSoFar>>();
  /** By topic, then by the key's number. */
  private readonly trails = new Map<string, Map<bigint, TopicChange[]>>();
  private failure: unknown;

  /**
   * The place of the newest heartbeat that is committed in its topic. Capture commits what it has read up to then together
   * with it, also where sync is set to show changes before their commit.
   */
  newestBeat = 0n;

  private constructor(
    private readonly tables: readonly VerifiedTable[],
    private readonly admin: Admin,
    private readonly consumer: Consumer,
    private readonly group: string,
    /** The container that Kafka runs in. */
    private readonly broker: string,
    /** How long a wait may take; milliseconds. */
    readonly patience: number,
  ) {}

  /** Begins to follow. The caller closes it. */
  static async follow(
    kafka: Kafka,
    broker: string,
    tables: readonly VerifiedTable[],
    patience: number,
  ): Promise<Topics> {
    const group = `tributary-verify-${randomUUID()}`;
    const topics = new Topics(
      tables,
      kafka.admin(),
      kafka.consumer({
        groupId: group,
        readUncommitted: false,
        maxWaitTimeInMs: 100,
        retry: { retries: 10 },
      }),
      group,
      broker,
      patience,
    );
    try {
      await topics.start();
    } catch (error) {
      await topics.close();
      throw new Problem(
        `the topics cannot be read: ${messageOf(error)}`,
        "`make status` tells how Kafka is.",
        {
          cause: error,
        },
      );
    }
    return topics;
  }

  private async start(): Promise<void> {
    await this.admin.connect();
    await this.consumer.connect();
    for (const topic of new Set([...this.tables.map(({ spec }) => topicOf(spec)), topicOf(heartbeats)])) {
      this.read.set(topic, await this.beginningOf(topic));
      await this.consumer.subscribe({ topic });
    }
    this.followPositions();
    await this.consumer.run({
      autoCommit: false,
      eachBatch: ({ batch: { topic, partition, messages } }) => {
        const last = messages.at(-1);
        const read = this.read.get(topic)?.get(partition);
        if (last && read) read.afterLastChange = BigInt(last.offset) + 1n;
        for (const message of messages) this.remember(topic, message);
        if (topic === topicOf(heartbeats)) this.rememberBeats(messages);
        return Promise.resolve();
      },
    });
    for (const [topic, partitions] of this.read) {
      for (const [partition, { position }] of partitions) {
        this.consumer.seek({ topic, partition, offset: String(position) });
      }
    }
  }

  /** Where sync is now, partition by partition. */
  private async beginningOf(topic: string): Promise<Map<number, ReadSoFar>> {
    const committed = await committedBy(this.admin, consumerGroup, topic);
    const begins = await beginsOf(this.admin, topic);
    return new Map(
      [...begins].map(([partition, lowest]) => {
        const begin = committed.get(partition) ?? lowest;
        const position = begin > lowest ? begin : lowest;
        return [partition, { position, afterLastChange: position }];
      }),
    );
  }

  private followPositions(): void {
    const { END_BATCH_PROCESS, CRASH } = this.consumer.events;
    // Also told of batches that hold nothing but the markers of transactions. A batch that leaves a gap is from before the
    // reader was put to its beginning; it comes again.
    this.consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, firstOffset, lastOffset } }) => {
      const read = this.read.get(topic)?.get(partition);
      if (read && firstOffset && BigInt(firstOffset) <= read.position)
        read.position = BigInt(lastOffset) + 1n;
    });
    this.consumer.on(CRASH, ({ payload: { error } }) => (this.failure = error));
  }

  async close(): Promise<void> {
    await this.consumer.disconnect().catch(() => undefined);
    // Best effort: Kafka forgets a group without members by itself.
    await this.admin.deleteGroups([this.group]).catch(() => undefined);
    await this.admin.disconnect().catch(() => undefined);
  }

  /**
   * Waits until everything that is in a table's topic now is in the warehouse.
   *
   * @param entirely also what lies behind the begin of a transaction that is still open, for which asking takes a second or two
   * @throws Problem naming the partitions that lag behind, and what holds them up
   */
  async drained({ spec }: VerifiedTable, signal: AbortSignal, entirely = false): Promise<void> {
    const topic = topicOf(spec);
    const end = await (entirely ? readEnds(this.broker, topic) : endsOf(this.admin, topic));
    await this.waitFor(topic, `sync to write all of ${topic} into the warehouse`, signal, async () => {
      const committed = await committedBy(this.admin, consumerGroup, topic);
      const missing = missingPartitions(end, committed, this.read.get(topic)!);
      if (missing.length === 0) return undefined;
      const lags = missing.map((p) => `partition ${p} is at ${committed.get(p) ?? "none"} of ${end.get(p)}`);
      return lags.join(", ");
    });
  }

  /** From now on, keeps the changes of some keys of a table. */
  watch({ spec }: VerifiedTable, keys: readonly bigint[]): void {
    const topic = topicOf(spec);
    const trails = this.trails.get(topic) ?? new Map<bigint, TopicChange[]>();
    this.trails.set(topic, trails);
    for (const key of keys) if (!trails.has(key)) trails.set(key, []);
  }

  /** Waits until our own reader has seen all that is committed in the topic now. */
  async caughtUp({ spec }: VerifiedTable, signal: AbortSignal): Promise<void> {
    const topic = topicOf(spec);
    const end = await endsOf(this.admin, topic);
    await this.waitFor(topic, `what ${topic} holds to be committed and read`, signal, () => {
      const behind = [...end].filter(([partition, offset]) => {
        const { position } = this.read.get(topic)!.get(partition)!;
        return position < offset;
      });
      return Promise.resolve(behind.length === 0 ? undefined : `partition ${behind[0]![0]} is not read yet`);
    });
  }

  /** The changes of a watched key, since it has been watched. */
  trailOf({ spec }: VerifiedTable, key: bigint): readonly TopicChange[] {
    return this.trails.get(topicOf(spec))?.get(key) ?? [];
  }

  private remember(topic: string, { key, value }: KafkaMessage): void {
    const trails = this.trails.get(topic);
    const table = this.tables.find(({ spec }) => topicOf(spec) === topic);
    if (!trails || !table || !key) return;
    const number = numberInRecord(table.key, key);
    const trail = number === undefined ? undefined : trails.get(number);
    const change = trail && changeIn(value, table.columns);
    if (change) trail.push(change);
  }

  private rememberBeats(messages: readonly KafkaMessage[]): void {
    for (const { value } of messages) {
      const version = changeIn(value, [])?.version ?? 0n;
      if (version > this.newestBeat) this.newestBeat = version;
    }
  }

  private async waitFor(
    topic: string,
    what: string,
    signal: AbortSignal,
    look: () => Promise<string | undefined>,
  ): Promise<void> {
    try {
      await waitUntil(what, this.patience, signal, () => {
        if (this.failure) throw new Error(`the reader of the topics stopped: ${messageOf(this.failure)}`);
        return look();
      });
    } catch (error) {
      const holders = signal.aborted ? [] : await this.holdersOf(topic);
      throw new Problem(
        [messageOf(error), ...holders.map((holder) => holder.what)].join("\n"),
        holders[0]?.remedy ?? "`make status` tells whether both jobs run, and how far they are.",
        { cause: error },
      );
    }
  }

  private async holdersOf(topic: string): Promise<Alarm[]> {
    try {
      const [transactions, hanging] = [await readTransactions(this.broker), await readHanging(this.broker)];
      return holdersOf(topic, this.patience, transactions, hanging);
    } catch {
      // Kafka's tools may fail for the very reason that the wait did, which is told.
      return [];
    }
  }
}

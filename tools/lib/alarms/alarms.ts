import { formatBytes, formatDuration } from "../text";

/** Something that needs a person. */
export interface Alarm {
  /** What is wrong, and where. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What is known of the whole pipeline at one moment; of what was not seen, nothing. Times are milliseconds. */
export interface Facts {
  readonly unseen: readonly UnseenFacts[];
  readonly containers: readonly ContainerFacts[];
  readonly jobs: readonly JobFacts[];
  /** Ids of the dead letters that nobody has replayed. */
  readonly deadLetters: readonly string[];
  readonly transactions: readonly TransactionFacts[];
  readonly hanging: readonly HangingFacts[];
  /** Start of every transactional id of capture's. */
  readonly transactionalIdPrefix: string;
  /** Age of the newest heartbeat in the warehouse; null before the first, undefined if that was not seen. */
  readonly lag: number | null | undefined;
  readonly binlog: BinlogFacts;
  /** Server variables of MySQL that are not as they were deployed. */
  readonly changedVariables: readonly VariableFacts[];
  /** Of XA transactions, since MySQL was started. */
  readonly xaRollbacks: number;
  /** Undefined where Docker keeps its data on another machine, or in one of its own. */
  readonly disk: DiskFacts | undefined;
  readonly group: GroupFacts | undefined;
}

/** A look that failed. */
export interface UnseenFacts {
  readonly what: string;
  readonly why: string;
}

export interface ContainerFacts {
  readonly name: string;
  readonly status: string;
  readonly health: string | undefined;
  /** How often Docker has restarted it by itself. */
  readonly restarts: number;
}

export interface JobFacts {
  readonly name: string;
  /** Flink's word. */
  readonly state: string;
  /** What made it fail last, if anything did. */
  readonly failure: string;
  /** Failures within `restartWindow`. */
  readonly failures: number;
  /** Since the last completed checkpoint, or since the start. */
  readonly sinceCheckpoint: number;
  readonly checkpointInterval: number;
}

export interface TransactionFacts {
  readonly id: string;
  /** Since it was begun. */
  readonly age: number;
  /** What it has written to, as `topic-partition`. */
  readonly partitions: readonly string[];
}

/** A transaction in a partition that Kafka's coordinator takes for ended, or does not know: nobody will ever end it. */
export interface HangingFacts {
  readonly topic: string;
  readonly partition: number;
  /** Where it begins: readers of committed records stop there. */
  readonly startOffset: number;
  /** Since its last record, in whole minutes. */
  readonly age: number;
}

export interface BinlogFacts {
  /** How long MySQL keeps its binlog. */
  readonly retention: number;
  /** Number of the oldest file it has; null if that was not seen. */
  readonly oldest: number | null;
  /** Number of the file that the warehouse has come to; null before the first heartbeat, or if it was not seen. */
  readonly reached: number | null;
}

export interface VariableFacts {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
}

export interface DiskFacts {
  readonly path: string;
  readonly free: number;
  readonly total: number;
}

export interface GroupFacts {
  readonly name: string;
  /** Records that wait for the group, in two looks, the older first; null where the group has no offsets. */
  readonly lag: readonly [number, number] | null;
}

/** Variables that have another value than was deployed; one that the server does not know has none. Pure. */
export function changedVariables(
  wanted: Readonly<Record<string, string | number>>,
  seen: readonly (readonly [name: string, value: string])[],
): VariableFacts[] {
  return seen
    .map(([name, value]) => ({ name, value, wanted: String(wanted[name] ?? value) }))
    .filter((one) => one.value.toUpperCase() !== one.wanted.toUpperCase());
}

/** How far back failures of a job count. */
export const restartWindow = 10 * 60_000;

const limits = {
  failures: 3,
  restarts: 3,
  checkpointIntervals: 10,
  /** No checkpoint is missed before this, however short the interval is. */
  leastSinceCheckpoint: 10_000,
  transactionAge: 60_000,
  lag: 10_000,
  groupLag: 10_000,
  diskShare: 0.05,
  diskBytes: 5 * 1024 ** 3,
};

/** Everything that needs a person now, the gravest first. Pure. */
export function alarmsOf(facts: Facts): Alarm[] {
  return [
    ...facts.jobs.flatMap(jobAlarms),
    ...facts.unseen.map(unseenAlarm),
    ...binlogAlarms(facts.binlog, facts.lag ?? null),
    ...facts.changedVariables.map(variableAlarm),
    ...diskAlarms(facts.disk),
    ...facts.containers.flatMap(containerAlarms),
    ...facts.transactions.flatMap((one) => transactionAlarms(one, facts.transactionalIdPrefix)),
    ...facts.hanging.map(hangingAlarm),
    ...deadLetterAlarms(facts.deadLetters),
    ...xaAlarms(facts.xaRollbacks),
    ...lagAlarms(facts.lag),
    ...groupAlarms(facts.group),
  ];
}

/** What cannot be looked at is an alarm of its own. Pure. */
export function unseenAlarm({ what, why }: UnseenFacts): Alarm {
  return {
    what: `${what} cannot be seen: ${why}`,
    remedy: "If its server is down, `make up` brings it back.",
  };
}

/** States in which Flink tries again by itself. */
const onItsWay: readonly string[] = ["INITIALIZING", "CREATED", "FAILING", "RESTARTING"];

/** Most causes can be removed; what a topic has deleted does not come back. */
function causeRemedy(failure: string): string {
  return failure.includes("out of range")
    ? "The topic has deleted what sync had not read: docs/operations.md tells the way on"
    : "Remove the cause: the job goes on by itself";
}

function remedyOf({ state, failure }: JobFacts): string {
  if (failure.includes("Capture stopped")) return "Do what it says; docs/operations.md tells the steps.";
  return onItsWay.includes(state)
    ? `${causeRemedy(failure)}; \`make logs\` tells more.`
    : "`make up` repairs it from its newest checkpoint; `make logs` tells more.";
}

function jobAlarms(job: JobFacts): Alarm[] {
  const { name, state, failure, failures, sinceCheckpoint, checkpointInterval } = job;
  if (state !== "RUNNING")
    return [
      {
        what: `job ${name} is ${state}${failure && `: ${failure}`}`,
        remedy: remedyOf(job),
      },
    ];
  const alarms: Alarm[] = [];
  if (failures >= limits.failures)
    alarms.push({
      what: `job ${name} failed ${failures} times in ${formatDuration(restartWindow)}, last: ${failure}`,
      remedy: `${causeRemedy(failure)}.`,
    });
  const patience = Math.max(limits.checkpointIntervals * checkpointInterval, limits.leastSinceCheckpoint);
  if (sinceCheckpoint > patience)
    alarms.push({
      what: `job ${name} has completed no checkpoint for ${formatDuration(sinceCheckpoint)} (interval ${formatDuration(checkpointInterval)})`,
      remedy: "Look for back-pressure, a full disk or a server that is away: `make status`, `make logs`.",
    });
  return alarms;
}

function binlogAlarms({ retention, oldest, reached }: BinlogFacts, lag: number | null): Alarm[] {
  if (reached !== null && oldest !== null && oldest > reached)
    return [
      {
        what: `MySQL has thrown away binlog that was not captured: its oldest file is number ${oldest}, capture was in ${reached}`,
        remedy: "Changes are lost to capture: raise the setting `snapshot` by one and run `make up`.",
      },
    ];
  if (lag !== null && lag > retention / 2)
    return [
      {
        what: `capture is ${formatDuration(lag)} behind, and MySQL keeps its binlog for ${formatDuration(retention)}`,
        remedy: "Raise `binlogRetention` now, then find out what holds capture up.",
      },
    ];
  return [];
}

function variableAlarm({ name, value, wanted }: VariableFacts): Alarm {
  return {
    what: `MySQL's ${name} was changed to '${value}': capture needs '${wanted}'`,
    remedy: `SET GLOBAL ${name} back, end the connections that have the other value, and run \`make verify REPAIR=1\`.`,
  };
}

function xaAlarms(rollbacks: number): Alarm[] {
  if (rollbacks === 0) return [];
  return [
    {
      what: `MySQL has rolled back ${rollbacks} XA transactions since it started: what they had prepared is in the warehouse all the same`,
      remedy: '`make verify REPAIR=1` heals it; docs/operations.md, "What cannot be captured".',
    },
  ];
}

function diskAlarms(disk: DiskFacts | undefined): Alarm[] {
  if (!disk) return [];
  const { path, free, total } = disk;
  if (free >= limits.diskBytes && free >= limits.diskShare * total) return [];
  return [
    {
      what: `${formatBytes(free)} of ${formatBytes(total)} are free where Docker keeps its data (${path})`,
      remedy: "Free some: a full disk stops MySQL, Kafka and the checkpoints.",
    },
  ];
}

function containerAlarms({ name, status, health, restarts }: ContainerFacts): Alarm[] {
  if (status !== "running" || health === "unhealthy")
    return [
      {
        what: `container ${name} is ${status === "running" ? health : status}`,
        remedy: `\`make up\` brings it back; \`docker logs ${name}\` tells why.`,
      },
    ];
  if (restarts < limits.restarts) return [];
  return [
    {
      what: `container ${name} was restarted ${restarts} times`,
      remedy: `\`docker logs ${name}\` tells why; a memory limit that is too low is the usual reason.`,
    },
  ];
}

function transactionAlarms(transaction: TransactionFacts, prefix: string): Alarm[] {
  return transaction.age > limits.transactionAge ? [transactionAlarm(transaction, prefix)] : [];
}

/** An open transaction that keeps readers waiting. Pure. */
export function transactionAlarm({ id, age }: TransactionFacts, prefix: string): Alarm {
  const ours = id.startsWith(`${prefix}-`);
  return {
    what: `Kafka transaction ${id}${ours ? "" : ", which is not capture's,"} has been open for ${formatDuration(age)}: readers of its topics wait`,
    remedy: ours
      ? "Capture ends it when it starts again; if it runs, its checkpoints do not complete. Do not abort it: docs/operations.md tells why."
      : "Stop its producer, or abort it: docs/operations.md tells how.",
  };
}

/** A transaction that never ends. Pure. */
export function hangingAlarm({ topic, partition, startOffset, age }: HangingFacts): Alarm {
  return {
    what: `Kafka has lost the end of a transaction: readers of partition ${partition} of ${topic} have waited at offset ${startOffset} for ${formatDuration(age)}`,
    remedy: 'It never ends by itself: docs/operations.md, "A transaction whose end Kafka has lost".',
  };
}

function deadLetterAlarms(letters: readonly string[]): Alarm[] {
  if (letters.length === 0) return [];
  return [
    {
      what: `${letters.length} changes did not get into the warehouse`,
      remedy: "`make dead-letters` lists them with their reasons.",
    },
  ];
}

function lagAlarms(lag: number | null | undefined): Alarm[] {
  if (lag === undefined || (lag !== null && lag <= limits.lag)) return [];
  return [
    {
      what:
        lag === null
          ? "no heartbeat has reached the warehouse yet"
          : `the newest heartbeat in the warehouse is ${formatDuration(lag)} old`,
      remedy: "If both jobs run, see whether MySQL beats: `SHOW VARIABLES LIKE 'event_scheduler'`.",
    },
  ];
}

function groupAlarms(group: GroupFacts | undefined): Alarm[] {
  if (!group) return [];
  const { name, lag } = group;
  if (lag === null)
    return [
      {
        what: `consumer group ${name} has no offsets`,
        remedy: "The sync job has completed no checkpoint yet: see it in `make status`.",
      },
    ];
  const [before, now] = lag;
  if (now <= limits.groupLag || now < before) return [];
  return [
    {
      what: `${now} records wait for consumer group ${name}, and they are not getting fewer`,
      remedy: "See whether ClickHouse keeps up; raise `parallelism` and `slots` if it has room.",
    },
  ];
}

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { browsedPorts, ports, Stack } from "./stack";
import { Duration, Size, toMegabytes, toMilliseconds } from "./units";

/**
 * Every setting of a stack. Names, defaults and descriptions stand in `Pulumi.yaml`; what a value may be stands in
 * the schema below. To add a setting: a line in each, and its reader.
 */
export type Settings = z.infer<typeof settingsSchema>;

/** Refused settings. The message lists every problem, one a line. */
export class SettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `these settings make no sense:\n${problems.map((problem) => `  - ${problem}`).join("\n")}\n` +
        "Change one with `./pulumi config set <name> <value>`; `Pulumi.yaml` describes each.",
    );
    this.name = "SettingsError";
  }
}

/** The largest port there is. */
const lastPort = 65_535;

/** Ports that every browser refuses to open, those above 1023: the Fetch standard's "bad ports". */
const blockedPorts = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
];

function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^-?\d+$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

function duration(least: Duration, most: Duration) {
  return z
    .string()
    .superRefine((text, context) => {
      try {
        const span = toMilliseconds(text);
        if (span >= toMilliseconds(least) && span <= toMilliseconds(most)) return;
        context.addIssue({ code: "custom", message: `must be from ${least} to ${most}` });
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    })
    .transform((text) => text as Duration);
}

function memory(least: Size) {
  return z
    .string()
    .superRefine((text, context) => {
      try {
        if (toMegabytes(text) >= toMegabytes(least)) return;
        context.addIssue({
          code: "custom",
          message: `is too little to start with: give it at least ${least}`,
        });
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    })
    .transform((text) => text as Size);
}

/** When a change may be seen in the warehouse. */
const visibilities = ["committed", "early"] as const;
export type Visibility = (typeof visibilities)[number];

const settingsSchema = z
  .object({
    prefix: z.string().regex(/^([a-z][a-z0-9-]{0,30})?$/, {
      message: "must be lower-case letters, digits and dashes, starting with a letter, at most 31 in all",
    }),
    portOffset: wholeNumber(0, 50_000),
    images: z.enum(["registry", "packages", "auto"], {
      error: "is not an image source: write registry, packages or auto",
    }),
    visibility: z.enum(visibilities, {
      error: `is not a visibility: write ${visibilities.join(" or ")}`,
    }),
    partitions: wholeNumber(1, 64),
    retention: duration("1 minute", "3650 days"),
    binlogRetention: duration("1 hour", "365 days"),
    taskManagers: wholeNumber(1, 16),
    slots: wholeNumber(1, 16),
    parallelism: wholeNumber(1, 64),
    // What a checkpoint has prepared has to outlive two of them: twice the most is the least binlogRetention.
    captureCheckpoint: duration("100 ms", "30 minutes"),
    syncCheckpoint: duration("100 ms", "1 hour"),
    flushRows: wholeNumber(1, 1_000_000),
    flushInterval: duration("1 ms", "1 minute"),
    epoch: wholeNumber(0, 2_047),
    snapshot: wholeNumber(0, 1_000_000),
    mysqlMemory: memory("768 MB"),
    kafkaMemory: memory("512 MB"),
    clickhouseMemory: memory("768 MB"),
    jobManagerMemory: memory("768 MB"),
    taskManagerMemory: memory("1 GB"),
    platformApiMemory: memory("192 MB"),
  })
  .superRefine((settings, context) => {
    for (const { path, message } of contradictions(settings)) {
      context.addIssue({ code: "custom", path: [path], message });
    }
  });

type Contradiction = { readonly path: string; readonly message: string };

/** What no setting shows by itself. */
function contradictions(settings: {
  portOffset: number;
  taskManagers: number;
  slots: number;
  parallelism: number;
}): Contradiction[] {
  const found: Contradiction[] = [];
  const slots = settings.taskManagers * settings.slots;
  if (2 * settings.parallelism > slots) {
    found.push({
      path: "parallelism",
      message:
        `needs ${2 * settings.parallelism} slots (two jobs of ${settings.parallelism}), but there are ${slots}: ` +
        "raise slots or taskManagers, or lower parallelism",
    });
  }
  const highest = Math.max(...Object.values(ports)) + settings.portOffset;
  if (highest > lastPort) {
    found.push({ path: "portOffset", message: `puts a port at ${highest}, above ${lastPort}: lower it` });
  }
  const blocked = browsedPorts
    .map((port) => port + settings.portOffset)
    .find((port) => blockedPorts.includes(port));
  if (blocked !== undefined) {
    found.push({
      path: "portOffset",
      message: `puts a page at port ${blocked}, which browsers refuse to open: take another`,
    });
  }
  return found;
}

/**
 * Settings from the raw text of each one. Pure.
 *
 * @param get the text of a setting, `undefined` if it is not set
 * @throws SettingsError listing every problem at once
 */
export function parseSettings(get: (name: string) => string | undefined): Settings {
  const raw = Object.fromEntries(Object.keys(settingsSchema.shape).map((name) => [name, get(name)]));
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new SettingsError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `${name}: ${raw[name] === undefined ? "is not set" : `"${raw[name]}" ${issue.message}`}`;
    }),
  );
}

/** The only reader of Pulumi's configuration; `index.ts` calls it once. */
export function readSettings(): Settings {
  const config = new pulumi.Config();
  return parseSettings((name) => config.get(name));
}

/** The stack these settings describe. */
export function stackOf(settings: Settings): Stack {
  return { name: pulumi.getStack(), prefix: settings.prefix, portOffset: settings.portOffset };
}

// Faults that nobody chose: which servers, what happens to them and when is drawn, so that one also comes while the last
// one is still being recovered from. The same seed makes the same faults.
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { seededRandom } from "../../tools/lib/load/plan";
import { survive } from "../lib/fault";
import { crash, cutOff, frozen, restart, running, servers, type Server } from "../lib/servers";

/** Other seeds can be tried with TRIBUTARY_FAULT_SEEDS, e.g. `7,8,9`. */
const seeds = (process.env["TRIBUTARY_FAULT_SEEDS"] ?? "1,2").split(",").map(Number);
const faults = 20;

/** Longest time that a server is frozen or cut off, and longest time between two faults. Milliseconds. */
const longest = 12_000;

/** What can happen to servers; `for` says how long it goes on, in milliseconds. */
const kinds = {
  restart: (names: readonly Server[]) => restart(...names),
  crash: (names: readonly Server[]) => Promise.all(names.map(crash)),
  freeze: (names: readonly Server[], time: number) =>
    Promise.all(names.map((name) => frozen(name, () => sleep(time)))),
  "cut off": (names: readonly Server[], time: number) =>
    Promise.all(names.map((name) => cutOff(name, () => sleep(time)))),
} as const;

interface Step {
  readonly kind: keyof typeof kinds;
  readonly names: readonly Server[];
  readonly time: number;
  /** Until the next one. Milliseconds. */
  readonly pause: number;
}

/** Draws faults: of one server mostly, of two or three at once now and then. */
function draw(seed: number): Step[] {
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const oneOf = <T>(things: readonly T[]): T => things[below(things.length)]!;
  return Array.from({ length: faults }, () => {
    const kind = oneOf(Object.keys(kinds) as (keyof typeof kinds)[]);
    const names = new Set(Array.from({ length: oneOf([1, 1, 1, 2, 3]) }, () => oneOf(servers)));
    return { kind, names: [...names], time: below(longest), pause: below(longest) };
  });
}

for (const seed of seeds)
  test(`${faults} faults of any kind at any moment (seed ${seed})`, async (t) => {
    const steps = draw(seed);
    await survive(t, {
      inject: async () => {
        for (const { kind, names, time, pause } of steps) {
          t.log(`${new Date().toISOString()} ${kind} ${names.join(", ")} (${time} ms), then ${pause} ms`);
          // What crashed may not be back yet.
          await Promise.all(names.map(running));
          await kinds[kind](names, time);
          await sleep(pause);
        }
      },
      hitsLoad: true,
      recoverWithin: 180_000,
    });
  });

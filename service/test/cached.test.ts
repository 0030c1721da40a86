import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { Cached } from "../src/stats/cached";

test("all who ask while a value is on its way, or fresh, share one load", async (t) => {
  let loads = 0;
  const cached = new Cached(60_000, async () => ++loads);
  t.deepEqual(await Promise.all([cached.get(), cached.get(), cached.get()]), [1, 1, 1]);
  t.is(await cached.get(), 1);
});

test("a value is loaded again when its period is over", async (t) => {
  let loads = 0;
  const cached = new Cached(20, async () => ++loads);
  t.is(await cached.get(), 1);
  await wait(60);
  t.is(await cached.get(), 2);
});

test("a failure is shared for a period too, and then forgotten", async (t) => {
  let loads = 0;
  const cached = new Cached(20, async () => {
    if (++loads === 1) throw new Error("away");
    return loads;
  });
  await t.throwsAsync(cached.get(), { message: "away" });
  await t.throwsAsync(cached.get(), { message: "away" });
  t.is(loads, 1);
  await wait(60);
  t.is(await cached.get(), 2);
});

import test from "ava";
import fc from "fast-check";
import { fromSqlTime, MicrosecondClock, toIso, toSqlTime } from "../src/clock";

test("microseconds between two milliseconds come from the monotonic clock", (t) => {
  let monotonic = 5.25;
  const clock = new MicrosecondClock(
    () => 1_700_000_000_000,
    () => monotonic,
  );
  t.is(clock.now(), 1_700_000_000_000_000);
  monotonic += 0.123;
  t.is(clock.now(), 1_700_000_000_000_123);
});

test("the clock never leaves the wall clock's millisecond, whatever either clock does", (t) => {
  const readings = fc.array(fc.tuple(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 0, max: 1e9 })));
  fc.assert(
    fc.property(readings, (pairs) => {
      let [wall, monotonic] = [0, 0];
      const clock = new MicrosecondClock(
        () => wall,
        () => monotonic / 1000,
      );
      for ([wall, monotonic] of pairs) t.is(Math.floor(clock.now() / 1000), wall);
    }),
  );
});

test("times go to MySQL and back without losing a microsecond", (t) => {
  const iso = toIso(1_736_591_400_123_456);
  t.is(iso, "2025-01-11T10:30:00.123456Z");
  t.is(toSqlTime(iso), "2025-01-11 10:30:00.123456");
  t.is(fromSqlTime(toSqlTime(iso)), iso);
  t.is(toIso(1_736_591_400_000_007), "2025-01-11T10:30:00.000007Z");
});

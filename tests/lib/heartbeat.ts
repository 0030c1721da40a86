import { heartbeats, topicOf } from "../../components/tables";
import { eventually } from "./eventually";
import { source, warehouseNumber } from "./stack";
import { committedEnd, committedSince } from "./topic";

/**
 * Waits until everything that the source holds now has gone through capture: heartbeats of two seconds later are in the
 * warehouse, capture keeps the order of the binlog, and each of them is committed later than the one before.
 */
export async function captureHasPassed(): Promise<void> {
  const [later] = await source<{ time: string }>(
    "SELECT CAST(MAX(beaten_at) + INTERVAL 2 SECOND AS CHAR) AS time FROM heartbeats",
  );
  await eventually(
    `a heartbeat of ${later!.time} or later is in ClickHouse`,
    async () => {
      const query = `SELECT count() FROM heartbeats_realtime WHERE beaten_at >= '${later!.time}'`;
      if ((await warehouseNumber(query)) === 0) throw new Error("not yet");
    },
    { timeout: 30_000 },
  );
}

/**
 * Waits until everything that capture has written until now is committed to the topics, whatever the warehouse shows
 * already: a later heartbeat is, and capture commits in the order in which it writes.
 */
export async function topicsAreCommitted(): Promise<void> {
  const topic = topicOf(heartbeats);
  const before = await committedEnd(topic);
  const now = Date.now();
  await eventually(
    "a later heartbeat is committed to its topic",
    async () => {
      for (const { value } of await committedSince(topic, before)) {
        const { after } = JSON.parse(value) as { after: { beaten_at: string } };
        if (Date.parse(after.beaten_at) > now) return;
      }
      throw new Error("not yet");
    },
    { timeout: 60_000, interval: 1_000 },
  );
}

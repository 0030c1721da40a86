import { eventually } from "./eventually";
import { sourceNumber, warehouseNumber } from "./stack";

/** Beats that are waited for: each is committed to the topics later than the one before. */
const beats = 2;

/**
 * Waits until everything that the source holds now has gone through capture: heartbeats that it makes later are in the
 * warehouse, and capture keeps the order of the binlog.
 */
export async function captureHasPassed(): Promise<void> {
  const now = await sourceNumber("SELECT MAX(beat) FROM heartbeats");
  await eventually(
    "later heartbeats are in ClickHouse",
    async () => {
      const newest = await warehouseNumber("SELECT max(beat) FROM heartbeats_realtime");
      if (newest < now + beats) throw new Error(`${newest}, not yet ${now + beats}`);
    },
    { timeout: 30_000 },
  );
}

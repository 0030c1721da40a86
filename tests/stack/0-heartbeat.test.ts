import test from "ava";
import { eventually } from "../lib/eventually";
import { source, warehouse } from "../lib/stack";

interface Beat {
  beat: string;
  server_uuid: string;
  beaten_at: string;
}

const newest = "SELECT beat, server_uuid, beaten_at FROM";

test("a heartbeat is in the warehouse within two seconds", async (t) => {
  const [inSource] = await source<Beat>(`${newest} heartbeats ORDER BY beat DESC LIMIT 1`);
  const { value } = await eventually(
    `beat ${inSource!.beat} is in ClickHouse`,
    async () => {
      const [row] = await warehouse<Beat>(
        `${newest} heartbeats_realtime WHERE beat = ${inSource!.beat} LIMIT 1`,
      );
      if (!row) throw new Error("not yet");
      return row;
    },
    { timeout: 2_000 },
  );
  t.is(value.server_uuid, inSource!.server_uuid);
  t.is(value.beaten_at, inSource!.beaten_at);
});

test("MySQL beats every second, without a gap in the numbers", async (t) => {
  const recent = `${newest} heartbeats ORDER BY beat DESC LIMIT 3`;
  const [first] = await source<Beat>(recent);
  await eventually(
    "three more beats",
    async () => {
      const [now] = await source<Beat>(recent);
      if (Number(now!.beat) < Number(first!.beat) + 3) throw new Error(`${first!.beat}, now ${now!.beat}`);
    },
    { timeout: 5_000 },
  );
  const beats = await source<Beat>(recent);
  t.deepEqual(
    beats.map(({ beat }) => Number(beats[0]!.beat) - Number(beat)),
    [0, 1, 2],
  );
});

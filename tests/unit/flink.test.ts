import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { hasCheckpointed } from "../../tools/lib/flink";

/** What the cluster says of a job that began to run at a time, and of its last checkpoint. */
async function asked(running: number, acknowledged: number | undefined): Promise<boolean> {
  const completed = acknowledged === undefined ? null : { latest_ack_timestamp: acknowledged };
  const server = createServer(({ url }, response) => {
    const answer = url?.endsWith("/checkpoints")
      ? { latest: { completed } }
      : { timestamps: { RUNNING: running } };
    response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    return await hasCheckpointed(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      "a".repeat(32),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a job that starts again and again has no checkpoint since it last began to run", async (t) => {
  t.false(await asked(2_000, undefined));
  t.false(await asked(2_000, 1_000), "the checkpoint is of an earlier attempt");
  t.true(await asked(2_000, 2_001));
});

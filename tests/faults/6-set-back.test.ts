// The source gets an older image of its disk back, as a virtual machine does from a snapshot: under its own server_uuid
// it goes on from there, and gives other transactions the names of those that it has forgotten.
import test from "ava";
import { eventually } from "../lib/eventually";
import { failureOfCapture } from "../lib/jobs";
import { orderArrives } from "../lib/rows";
import {
  connectToSource,
  container,
  docker,
  forgetOutputs,
  forThisStack,
  pulumi,
  source,
  stackName,
} from "../lib/stack";
import { verify } from "../lib/verify";

/** Orders that are forgotten, and those that are placed instead: enough for all of the forgotten names. */
const forgotten = 100;
const instead = 400;

const image = `tributary-${stackName}-mysql-image`;

/** Places orders, each in a transaction of its own. @returns the last one's number */
async function placeOrders(count: number, product: string): Promise<number> {
  const connection = await connectToSource();
  try {
    for (let i = 0; i < count; i++)
      await connection.query(
        "INSERT INTO orders (user_id, product_name, quantity, total_price) VALUES (1, ?, 1, ?)",
        [product, i],
      );
    const [[row]] = (await connection.query(
      "SELECT MAX(order_id) AS id FROM orders WHERE product_name = ?",
      product,
    )) as unknown as [{ id: string }[]];
    return Number(row!.id);
  } finally {
    await connection.end();
  }
}

/** Puts one volume's content in the place of another's. */
async function copyVolume(from: string, to: string): Promise<void> {
  const mysqlImage = await docker("inspect", "--format", "{{.Image}}", await container("mysql"));
  await docker(
    ...["run", "--rm", "--user", "0", "--entrypoint", "sh", "--volume", `${from}:/from:ro`],
    ...["--volume", `${to}:/to`, mysqlImage],
    ...["-c", "find /to -mindepth 1 -delete && cp -a /from/. /to"],
  );
}

/** Stops the source, does something to its volume, and starts it again. */
async function whileStopped(action: (volume: string) => Promise<void>): Promise<void> {
  const mysql = await container("mysql");
  const mounted = '{{range .Mounts}}{{if eq .Destination "/var/lib/mysql"}}{{.Name}}{{end}}{{end}}';
  const volume = await docker("inspect", "--format", mounted, mysql);
  await docker("stop", mysql);
  try {
    await action(volume);
  } finally {
    await docker("start", mysql);
  }
  await eventually("MySQL answers", () => source("SELECT 1"), { timeout: 120_000 });
}

test.after.always(async () => {
  await docker("volume", "rm", "--force", image);
});

test("capture stops for good where the source was set back, and goes on under another epoch", async (t) => {
  await docker("volume", "create", ...forThisStack, image);
  await whileStopped((volume) => copyVolume(volume, image));
  await orderArrives(await placeOrders(forgotten, "Forgotten"), 60_000);

  await whileStopped((volume) => copyVolume(image, volume));
  await placeOrders(instead, "Instead");
  const failure = await failureOfCapture();
  t.regex(failure, /MySQL was set back to an earlier state/);
  t.regex(failure, /Raise the setting `epoch` by one/);

  const epoch = Number(await pulumi("config", "get", "epoch").catch(() => "0"));
  await pulumi("config", "set", "epoch", String(epoch + 1));
  await pulumi("up", "--yes", "--skip-preview", "--refresh");
  forgetOutputs();
  await orderArrives(await placeOrders(1, "After all"), 120_000);
  // What the source has forgotten without a trace, a snapshot cannot tell.
  await verify("--repair");
  const { exitCode, comparison } = await verify();
  t.is(exitCode, 0, JSON.stringify(comparison));
});

import test from "ava";
import { tables, topicOf } from "../../components/tables";
import { readCheckpointTime } from "../../tools/lib/flink";
import type { Offsets } from "../../tools/lib/kafka";
import { eventually } from "../lib/eventually";
import { crash } from "../lib/servers";
import {
  connectToSource,
  container,
  docker,
  sourceNumber,
  stackOutputs,
  warehouseNumber,
} from "../lib/stack";
import { committedEnd, committedSince, sumOf } from "../lib/topic";
import { verify } from "../lib/verify";

/** Rows of one statement, and statements of one transaction: so many that they take capture several seconds. */
const rows = 500_000;

/** How long MySQL may take for them, of which nothing is in the binlog before the end. Milliseconds. */
const longestWriting = 300_000;

const topic = topicOf(tables.find(({ table }) => table === "products")!);
const name = (id: number) => `Bulk ${id}`;

/** Kills the process that reads the binlog, once a checkpoint has completed in the middle of what it writes. */
async function killInTheMiddle(): Promise<Date> {
  const since = new Date();
  const before = sumOf(await committedEnd(topic));
  await eventually(
    "capture writes the changes",
    async () => {
      if (sumOf(await committedEnd(topic)) === before) throw new Error("none yet");
    },
    { timeout: longestWriting, interval: 20 },
  );
  const { flinkUrl, captureJobId } = await stackOutputs();
  const begun = Date.now();
  await eventually(
    "a checkpoint completes meanwhile",
    async () => {
      if ((await readCheckpointTime(flinkUrl, captureJobId)) < begun) throw new Error("not yet");
    },
    { timeout: 30_000, interval: 20 },
  );
  await crash("flink-taskmanager");
  return since;
}

/** How often each place in the binlog is in the topic, committed, from the given offsets on. */
async function placesSince(from: Offsets): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  for (const { value } of await committedSince(topic, from)) {
    const { source } = JSON.parse(value) as { source: { file: string; pos: number; row: number } };
    const place = `${source.file}:${source.pos}:${source.row}`;
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  return places;
}

/** Whether the binlog's reader went on in the middle of a transaction, by its own words. */
async function wentOnInTheMiddle(since: Date): Promise<boolean> {
  const log = await docker("logs", "--since", since.toISOString(), await container("flink-taskmanager"));
  return /Skip [1-9]\d* events on streaming start/.test(log);
}

const interrupted = test.macro({
  exec: async (t, _what: string, write: (marker: string) => Promise<unknown>, arrived: string) => {
    const before = await committedEnd(topic);
    const marker = String(Date.now());
    const [, since] = await Promise.all([write(marker), killInTheMiddle()]);
    await eventually(
      "the warehouse has all of them",
      async () => {
        const count = await warehouseNumber(arrived.replace("?", marker));
        if (count !== rows) throw new Error(`${count} rows`);
      },
      { timeout: 240_000, interval: 1_000 },
    );
    t.true(await wentOnInTheMiddle(since), "capture never went on in the middle of the transaction");
    const places = await placesSince(before);
    t.is(places.size, rows);
    t.deepEqual(
      [...places].filter(([, times]) => times !== 1),
      [],
    );
  },
  title: (_, what) => `${what} with a kill in the middle: each change is in the topic once`,
});

const ofTheBulk = "FROM products_realtime WHERE startsWith(product_name, 'Bulk ')";

test(
  interrupted,
  "an INSERT of 500,000 rows",
  async () => {
    const connection = await connectToSource();
    try {
      await connection.query(`SET SESSION cte_max_recursion_depth = ${rows}`);
      await connection.query(
        `INSERT INTO products (product_name)
          WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})
          SELECT CONCAT('Bulk ', n) FROM numbers`,
      );
    } finally {
      await connection.end();
    }
  },
  `SELECT count() ${ofTheBulk}`,
);

test(
  interrupted,
  "an UPDATE of 500,000 rows",
  async (marker) => {
    const connection = await connectToSource();
    try {
      await connection.query(
        "UPDATE products SET product_name = CONCAT(product_name, ' ', ?) WHERE product_name LIKE 'Bulk %'",
        [marker],
      );
    } finally {
      await connection.end();
    }
  },
  `SELECT count() ${ofTheBulk} AND endsWith(product_name, ' ?')`,
);

test(
  interrupted,
  "a transaction of 500,000 statements",
  async (marker) => {
    const connection = await connectToSource();
    try {
      const [found] = await connection.query(
        "SELECT product_id FROM products WHERE product_name LIKE 'Bulk %'",
      );
      const ids = (found as { product_id: number }[]).map(({ product_id }) => product_id);
      await connection.beginTransaction();
      for (let start = 0; start < ids.length; start += 1_000) {
        const updates = ids
          .slice(start, start + 1_000)
          .map((id) => `UPDATE products SET product_name = '${name(id)} ${marker}' WHERE product_id = ${id}`);
        await connection.query(updates.join(";"));
      }
      await connection.commit();
    } finally {
      await connection.end();
    }
  },
  `SELECT count() ${ofTheBulk} AND endsWith(product_name, ' ?')`,
);

test("a DELETE of 500,000 rows takes them all out of the warehouse", async (t) => {
  const connection = await connectToSource();
  try {
    await connection.query("DELETE FROM products WHERE product_name LIKE 'Bulk %'");
  } finally {
    await connection.end();
  }
  t.is(await sourceNumber("SELECT COUNT(*) FROM products WHERE product_name LIKE 'Bulk %'"), 0);
  await eventually(
    "they are gone from the warehouse",
    async () => {
      const count = await warehouseNumber(`SELECT count() ${ofTheBulk}`);
      if (count !== 0) throw new Error(`${count} rows`);
    },
    { timeout: 120_000, interval: 500 },
  );
});

test("afterwards both sides are the same", async (t) => {
  const { exitCode, comparison } = await verify();
  t.is(exitCode, 0, JSON.stringify(comparison));
});

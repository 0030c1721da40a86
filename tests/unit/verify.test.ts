import { once } from "node:events";
import test from "ava";
import fc from "fast-check";
import { allOrNone } from "../../tools/lib/verify/all-or-none";
import {
  changeIn,
  deletionEvent,
  readChange,
  numberInRecord,
  rowEvent,
} from "../../tools/lib/verify/change-event";
import {
  chunksOf,
  differingKeys,
  emptySum,
  sameSum,
  together,
  widthOf,
  without,
} from "../../tools/lib/verify/chunks";
import {
  comparable,
  instantOf,
  rowText,
  rowTextInSource,
  rowTextInWarehouse,
  textOfInstant,
  type SourceColumn,
} from "../../tools/lib/verify/columns";
import { hashedKey, keyCells, nameOfKey, orderedKey } from "../../tools/lib/verify/keys";
import { judge, judgeByTrail, type Bracket, type TopicChange } from "../../tools/lib/verify/judge";
import { binlogFileOf, placeOf, versionOf } from "../../tools/lib/verify/place";
import { inBatches, repairEvents } from "../../tools/lib/verify/repair";
import { recount, stillWrong, wrongThroughout } from "../../tools/lib/verify/analytics";
import { differingSums, isOutside, sumsByGroup } from "../../tools/lib/verify/order-sums";
import { describeDifference, describeTable, kindOf } from "../../tools/lib/verify/report";
import { missingPartitions, patienceOf } from "../../tools/lib/verify/topics";
import { deleteVersions } from "../../tools/lib/verify/session";
import { readViews, viewsOf } from "../../tools/lib/verify/views";
import { choosePlaces, chunkInWarehouse, unfitColumns } from "../../tools/lib/verify/warehouse";
import { Problem } from "../../tools/lib/problem";

const place = fc.record({
  epoch: fc.integer({ min: 0, max: 2 ** 11 - 1 }),
  fileNumber: fc.integer({ min: 0, max: 2 ** 20 - 1 }),
  pos: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  row: fc.constant(0),
});

test("a version tells the place of an event's first row, and the other way round", (t) => {
  fc.assert(fc.property(place, (one) => t.deepEqual(placeOf(versionOf(one, "after")), one)));
  t.is(versionOf({ epoch: 0, fileNumber: 3, pos: 157, row: 2 }, "before"), 3n * 2n ** 32n + 161n);
});

test("versions are ordered like places, and a row stands above its own tombstone", (t) => {
  const ordinal = ({ epoch, fileNumber, pos }: ReturnType<typeof placeOf>) =>
    [epoch, fileNumber, pos] as const;
  fc.assert(
    fc.property(place, place, (one, other) => {
      const [a, b] = [ordinal(one), ordinal(other)];
      const i = a.findIndex((part, index) => part !== b[index]);
      const expected = i < 0 ? 0 : Math.sign(a[i]! - b[i]!);
      const [v, w] = [versionOf(one, "after"), versionOf(other, "after")];
      return (v < w ? -1 : v > w ? 1 : 0) === expected && versionOf(one, "before") === v - 1n;
    }),
  );
  t.pass();
});

test("a place that does not fit is refused", (t) => {
  t.throws(() => versionOf({ epoch: 2048, fileNumber: 1, pos: 4, row: 0 }, "after"), {
    instanceOf: RangeError,
  });
  t.throws(() => versionOf({ epoch: 0, fileNumber: 1, pos: 2 ** 32 - 1, row: 0 }, "after"), {
    instanceOf: RangeError,
  });
  t.throws(() => placeOf(2n ** 63n), { instanceOf: RangeError });
  t.is(binlogFileOf("binlog.000009", 10), "binlog.000010");
  t.is(binlogFileOf("binlog.000009", 1_234_567), "binlog.1234567");
});

const columnsOf = (...types: [name: string, dataType: string, columnType: string][]): SourceColumn[] =>
  types.map(([name, dataType, columnType]) => ({ name, dataType, columnType, characterSet: "utf8mb4" }));

const orders = comparable(
  "orders",
  columnsOf(
    ["order_id", "bigint", "bigint"],
    ["product_name", "varchar", "varchar(255)"],
    ["total_price", "decimal", "decimal(12,2)"],
    ["created_at", "datetime", "datetime(6)"],
  ),
);

const orderKey = orderedKey(orders[0]!);

test("both servers are asked for the same text of a row", (t) => {
  t.is(
    rowTextInSource(orders),
    "CONCAT_WS(',', COALESCE(`order_id`, 'N'), COALESCE(CONCAT(LENGTH(`product_name`), ':', `product_name`), 'N'), COALESCE(`total_price`, 'N'), COALESCE(`created_at`, 'N'))",
  );
  t.is(
    rowTextInWarehouse(orders),
    "concat(ifNull(toString(`order_id` + 0), 'N'), ',', ifNull(concat(toString(length(toString(`product_name`))), ':', toString(`product_name`)), 'N'), ',', ifNull(toDecimalString(`total_price`, 2), 'N'), ',', ifNull(toString(toDateTime64(`created_at`, 6, 'UTC')), 'N'))",
  );
});

test("every column that can be compared goes into an event and comes back from it", (t) => {
  const columns = comparable(
    "all",
    columnsOf(
      ["id", "bigint", "bigint unsigned"],
      ["opens", "time", "time(6)"],
      ["since", "year", "year"],
      ["active", "bit", "bit(1)"],
      ["closed", "bit", "bit(1)"],
      ["picture", "varbinary", "varbinary(20)"],
      ["details", "json", "json"],
      ["days", "set", "set('mon','tue')"],
    ),
  );
  // As MySQL answers what `inSource` asks.
  const row = ["1", "838:59:59", "2024", "1", "0", "YQAA", '{"a": "é"}', "mon,tue"];
  const image = columns.map(({ name, toEvent }, i) => `"${name}":${toEvent(row[i]!)}`).join();
  t.is(
    image,
    String.raw`"id":1,"opens":"838:59:59","since":2024,"active":true,"closed":false,"picture":"YQAA","details":"{\"a\": \"é\"}","days":"mon,tue"`,
  );
  const place = `"source":{"epoch":0,"file":"binlog.000001","pos":4,"row":0}`;
  t.deepEqual(readChange(`{"before":null,"after":{${image}},"op":"c",${place}}`, columns).after, row);
});

test("numbers are compared as numbers, however a server shows them", (t) => {
  const [active, code] = comparable(
    "products",
    columnsOf(["active", "tinyint", "tinyint(1)"], ["code", "int", "int(6) unsigned zerofill"]),
  );
  t.is(active!.inWarehouse, "toString(`active` + 0)");
  t.is(code!.inSource, "(`code` + 0)");
});

test("a warehouse column with more or fewer digits after the point than the source's is refused by name", (t) => {
  const columns = comparable(
    "prices",
    columnsOf(
      ["price", "decimal", "decimal(12,2)"],
      ["pieces", "decimal", "decimal(10)"],
      ["since", "datetime", "datetime(6)"],
      ["until", "timestamp", "timestamp"],
    ),
  );
  const unfit = (...types: string[]) =>
    unfitColumns(columns, new Map(columns.map(({ name }, i) => [name, types[i]!])));
  t.deepEqual(
    unfit("Nullable(Decimal(12, 2))", "Decimal(10, 0)", "DateTime64(6, 'UTC')", "DateTime('UTC')"),
    [],
  );
  t.deepEqual(unfit("Decimal(12, 4)", "Decimal(10, 1)", "DateTime", "Nullable(DateTime64(3))"), [
    "price Decimal(12, 4) has another number of digits after the point than MySQL's 2",
    "pieces Decimal(10, 1) has another number of digits after the point than MySQL's 0",
    "since DateTime has another number of digits after the point than MySQL's 6",
    "until Nullable(DateTime64(3)) has another number of digits after the point than MySQL's 0",
  ]);
});

test("a warehouse column that is missing, pads or rounds is refused by name", (t) => {
  const types = new Map([
    ["order_id", "Int64"],
    ["product_name", "LowCardinality(FixedString(20))"],
    ["total_price", "Nullable(Float64)"],
  ]);
  t.deepEqual(unfitColumns(orders, types), [
    "product_name LowCardinality(FixedString(20)) pads its values",
    "total_price Nullable(Float64) rounds its values",
    "created_at is missing",
  ]);
});

test("types that cannot be compared are refused by name, all of them", (t) => {
  const columns = columnsOf(
    ["id", "bigint", "bigint"],
    ["shape", "geometry", "geometry"],
    ["f", "float", "float"],
    ["flags", "bit", "bit(4)"],
  );
  const problem = t.throws(() => comparable("maps", columns), { instanceOf: Problem });
  t.regex(problem.message, /table maps: shape geometry, f float, flags bit\(4\)$/);
});

test("times are written as capture writes them, and read back", (t) => {
  t.is(instantOf("2025-01-11 10:30:00.000000"), "2025-01-11T10:30:00Z");
  t.is(instantOf("2025-01-11 10:30:00.120000"), "2025-01-11T10:30:00.120000Z");
  t.is(instantOf("2025-01-11 10:30:00"), "2025-01-11T10:30:00Z");
  t.is(instantOf("2025-01-11 10:30:00.12"), "2025-01-11T10:30:00.120000Z");
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("2299-12-31"), noInvalidDate: true }),
      fc.integer({ min: 0, max: 999 }),
      (date, micros) => {
        const text = `${date.toISOString().slice(0, 23).replace("T", " ")}${String(micros).padStart(3, "0")}`;
        return textOfInstant(instantOf(text), 6) === text;
      },
    ),
  );
});

test("chunks cover a range without gap or overlap, and are no more than asked for", (t) => {
  fc.assert(
    fc.property(
      fc.bigInt(-1000n, 1000n),
      fc.bigInt(0n, 100_000n),
      fc.integer({ min: 1, max: 64 }),
      (from, size, pieces) => {
        const range = { from, to: from + size };
        const chunks = chunksOf(range, widthOf(range, pieces));
        const joined = chunks.every((chunk, i) => i === 0 || chunk.from === chunks[i - 1]!.to + 1n);
        return (
          joined && chunks[0]!.from === from && chunks.at(-1)!.to === range.to && chunks.length <= pieces
        );
      },
    ),
  );
  t.pass();
});

test("the warehouse counts chunks without an overflow, however wide the range is", (t) => {
  t.is(chunkInWarehouse("id", { from: 1n, to: 10n }, 20n), "0");
  t.is(chunkInWarehouse("id", { from: 1n, to: 2n ** 63n }, 7n), "intDiv(id - (1), 7)");
  t.is(
    chunkInWarehouse("id", { from: 0n, to: 2n ** 63n }, 7n),
    "intDiv(toInt128(id) - toInt128('0'), toInt128('7'))",
  );
});

test("a sum loses exactly the rows that are taken out", (t) => {
  const sum = fc.record({
    rows: fc.nat(),
    hash: fc.bigInt(0n, 2n ** 256n - 1n).map((hash) => hash.toString(16).toUpperCase().padStart(64, "0")),
  });
  fc.assert(fc.property(sum, sum, (one, other) => sameSum(without(together(one, other), other), one)));
  t.true(sameSum(together(emptySum, emptySum), emptySum));
});

test("keys differ that one side lacks, has twice, or has with another hash", (t) => {
  const ours = new Map([
    [1n, ["a"]],
    [2n, ["b"]],
    [3n, ["c"]],
    [4n, ["d"]],
  ]);
  const theirs = new Map([
    [1n, ["a"]],
    [2n, ["x"]],
    [4n, ["d", "e"]],
    [5n, ["f"]],
  ]);
  t.deepEqual(differingKeys(ours, theirs), [2n, 3n, 4n, 5n]);
});

const bracket: Bracket = { from: 1000n, to: 2000n };

/** Where the binlog goes on. */
const next = 8000n;

const shown = (version: bigint, ...row: string[]) => ({ version, row });

test("heartbeats that have their numbers from an earlier count are not taken for those of this one", (t) => {
  const beat = { number: 7n, server: "here", at: "2026-01-01 00:00:07.000000" };
  const own = { ...beat, version: 1000n };
  const next = { number: 8n, server: "here", at: "2026-01-01 00:00:08.000000", version: 2000n };
  const [before, nextBefore] = [own, next].map((one) => ({
    ...one,
    at: one.at.replace("2026", "2025"),
    version: one.version - 900n,
  }));
  t.deepEqual(choosePlaces(beat, [own, next]), { from: 1000n, to: 2000n });
  t.deepEqual(choosePlaces(beat, [before!, own, { ...nextBefore!, version: 900n }, next]), {
    from: 1000n,
    to: 2000n,
  });
  t.is(choosePlaces(beat, [before!, nextBefore!]), undefined, "neither has arrived");
  t.is(choosePlaces(beat, [own, { ...nextBefore!, version: 900n }]), undefined, "the next has not arrived");
  t.is(choosePlaces(beat, [{ ...own, server: "there" }, next]), undefined);
  const again = [own, next].map((one) => ({ ...one, version: 5000n }));
  t.deepEqual(choosePlaces(beat, [own, next, ...again]), { from: 1000n, to: 2000n }, "a snapshot came later");
  t.deepEqual(choosePlaces(beat, again), { from: 5000n, to: 5000n }, "both are from the first snapshot");
});

test("a row at rest is equal, or differs", (t) => {
  const source = ["1", "a"];
  t.is(judge(bracket, { source, shown: [shown(900n, "1", "a")], newest: 900n, still: true, next }), "equal");
  t.is(
    judge(bracket, { source, shown: [shown(900n, "1", "b")], newest: 900n, still: true, next }),
    "differs",
  );
  t.is(judge(bracket, { source, shown: [], newest: undefined, still: true, next }), "differs");
  t.is(judge(bracket, { source, shown: [], newest: 900n, still: true, next }), "differs");
  t.is(
    judge(bracket, { source: undefined, shown: [shown(900n, "1", "a")], newest: 900n, still: true, next }),
    "differs",
  );
  t.is(judge(bracket, { source: undefined, shown: [], newest: 900n, still: true, next }), "equal");
  t.is(
    judge(bracket, {
      source,
      shown: [shown(900n, "1", "a"), shown(800n, "1", "a")],
      newest: 900n,
      still: true,
      next,
    }),
    "differs",
  );
});

test("bytes that are no text are not equal to a text that looks like what stands for them", (t) => {
  const source = ["1", "not UTF-8: AB"];
  const row = { version: 900n, row: source };
  t.is(judge(bracket, { source, shown: [row], newest: 900n, still: true, next }), "equal");
  t.is(
    judge(bracket, { source, shown: [{ ...row, garbled: true }], newest: 900n, still: true, next }),
    "differs",
  );
});

test("a row that changed after it was read is looked at again, whatever it shows", (t) => {
  t.is(
    judge(bracket, { source: ["1", "a"], shown: [shown(1001n, "1", "a")], newest: 1001n, still: true, next }),
    "overtaken",
  );
  t.is(judge(bracket, { source: ["1", "a"], shown: [], newest: 5000n, still: true, next }), "overtaken");
});

test("a version beyond the end of the binlog is from nowhere", (t) => {
  const sighting = { source: ["1", "a"], shown: [shown(9000n, "1", "a")], newest: 9000n, still: true };
  t.is(judge(bracket, { ...sighting, next: 8999n }), "from nowhere");
  t.is(judge(bracket, { ...sighting, next: 9001n }), "overtaken");
});

test("a NULL is not an empty text", (t) => {
  const differs = judge(bracket, {
    source: ["1", null],
    shown: [shown(900n, "1", "")],
    newest: 900n,
    still: true,
    next,
  });
  t.is(differs, "differs");
});

const change = (version: bigint, before: string | undefined, after: string | undefined): TopicChange => ({
  version,
  before: before === undefined ? undefined : ["1", before],
  after: after === undefined ? undefined : ["1", after],
});

test("a row that is never at rest is judged by its changes in the topic", (t) => {
  const trail = [change(1100n, "a", "b"), change(1200n, "b", "c"), change(2500n, "c", "d")];
  const newest = { shown: [shown(2500n, "1", "d")], newest: 2500n, still: true, next };
  for (const state of ["a", "b", "c"])
    t.is(judgeByTrail(bracket, { source: ["1", state], ...newest }, trail), "equal");
  t.is(judgeByTrail(bracket, { source: ["1", "d"], ...newest }, trail), "differs");
  t.is(judgeByTrail(bracket, { source: ["1", "z"], ...newest }, trail), "differs");
  const wrong = { shown: [shown(2500n, "1", "x")], newest: 2500n, still: true, next };
  t.is(judgeByTrail(bracket, { source: ["1", "b"], ...wrong }, trail), "differs");
  const stale = { shown: [shown(1100n, "1", "b")], newest: 1100n, still: true, next };
  t.is(judgeByTrail(bracket, { source: ["1", "c"], ...stale }, trail), "differs");
  const unread = { shown: [shown(2600n, "1", "e")], newest: 2600n, still: true, next };
  t.is(judgeByTrail(bracket, { source: ["1", "c"], ...unread }, trail), "unknown");
  t.is(judgeByTrail(bracket, { source: ["1", "c"], ...newest }, []), "unknown");
});

test("a change that arrives while the warehouse is read leaves a hot row unjudged", (t) => {
  const trail = [change(1100n, "a", "b"), change(2500n, "b", "c")];
  const torn = { source: ["1", "b"], shown: [shown(1100n, "1", "b")], newest: 2500n };
  t.is(judgeByTrail(bracket, { ...torn, still: false, next }, trail), "unknown");
  t.is(judgeByTrail(bracket, { ...torn, still: true, next }, trail), "differs");
});

test("a deleted row is judged by its trail as well", (t) => {
  const trail = [change(1100n, "a", undefined), change(2500n, undefined, "b")];
  const newest = { shown: [shown(2500n, "1", "b")], newest: 2500n, still: true, next };
  t.is(judgeByTrail(bracket, { source: undefined, ...newest }, trail), "equal");
  t.is(judgeByTrail(bracket, { source: ["1", "a"], ...newest }, trail), "equal");
  t.is(
    judgeByTrail(
      bracket,
      { source: undefined, shown: [], newest: 1100n, still: true, next },
      trail.slice(0, 1),
    ),
    "equal",
  );
});

test("every history of a row is judged equal by its trail, and a foreign state is not", (t) => {
  const history = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(history, fc.nat(), (times, pick) => {
      const sorted = times.toSorted((one, other) => one - other);
      const trail = sorted.map((time, i) => change(1000n + BigInt(time), `s${i}`, `s${i + 1}`));
      const last = trail.at(-1)!;
      const sighting = {
        shown: [{ version: last.version, row: last.after! }],
        newest: last.version,
        still: true,
        next,
      };
      const source = ["1", `s${pick % (trail.length + 1)}`];
      const foreign = judgeByTrail(bracket, { source: ["1", "other"], ...sighting }, trail);
      return judgeByTrail(bracket, { source, ...sighting }, trail) === "equal" && foreign === "differs";
    }),
  );
  t.pass();
});

test("the longer the jobs wait between checkpoints, the longer their changes are waited for", (t) => {
  t.is(patienceOf({ captureCheckpoint: "500 ms", syncCheckpoint: "2 seconds" }), 125_000);
  t.is(patienceOf({ captureCheckpoint: "1 hour", syncCheckpoint: "1 hour" }), 120_000 + 4 * 3_600_000);
});

test("a topic is in the warehouse when sync has committed its end, or all changes before markers", (t) => {
  const end = new Map([
    [0, 10n],
    [1, 5n],
    [2, 0n],
  ]);
  const read = new Map([
    [0, { position: 10n, afterLastChange: 9n }],
    [1, { position: 4n, afterLastChange: 3n }],
    [2, { position: 0n, afterLastChange: 0n }],
  ]);
  t.deepEqual(
    missingPartitions(
      end,
      new Map([
        [0, 9n],
        [1, 5n],
      ]),
      read,
    ),
    [],
  );
  t.deepEqual(
    missingPartitions(
      end,
      new Map([
        [0, 8n],
        [1, 5n],
      ]),
      read,
    ),
    [0],
  );
  t.deepEqual(
    missingPartitions(
      end,
      new Map([
        [0, 9n],
        [1, 4n],
      ]),
      read,
    ),
    [1],
  );
  t.deepEqual(missingPartitions(end, new Map(), read), [0, 1]);
});

const origin = {
  database: "platform",
  table: "orders",
  key: orderKey,
  columns: orders,
  place: versionOf({ epoch: 1, fileNumber: 3, pos: 157, row: 0 }, "after"),
  binlogFile: "binlog.000009",
  now: 1_736_592_600_000,
};
const laptop = ["9007199254740993", 'a "Laptop"', "2000.00", "2025-01-11 10:30:00.000000"];

test("a repair is a change event as capture writes it, at the place of the heartbeat", (t) => {
  const { key, value } = rowEvent(origin, laptop);
  t.is(key, '{"order_id":9007199254740993}');
  t.is(numberInRecord(orderKey, Buffer.from(key)), 9007199254740993n);
  t.is(
    value,
    '{"before":null,"after":{"order_id":9007199254740993,"product_name":"a \\"Laptop\\"","total_price":"2000.00",' +
      '"created_at":"2025-01-11T10:30:00Z"},"op":"r","ts_ms":1736592600000,"source":{"epoch":1,"db":"platform",' +
      '"table":"orders","ts_ms":1736592600000,"file":"binlog.000003","pos":157,"row":0}}',
  );
});

test("a key of several columns is known by one number, on both servers, in an event and in a record's key", (t) => {
  const stock = comparable(
    "stock",
    columnsOf(["place", "varchar", "varchar(20)"], ["number", "int", "int"], ["count", "int", "int"]),
  );
  const key = hashedKey([stock[1]!, stock[0]!]);
  const row = ["Köln", "7", "3"];
  // The start of the SHA-256 of "7,5:Köln".
  const number = 0x3220f12adca69e1dn;
  t.is(key.numberOf(keyCells(key, stock, row)), number);
  t.is(rowText(key.columns, ["7", "Köln"]), "7,5:Köln");
  t.is(
    key.inSource,
    "CAST(CONV(LEFT(SHA2(CONCAT_WS(',', COALESCE(`number`, 'N'), COALESCE(CONCAT(LENGTH(`place`), ':', `place`), 'N')), 256), 16), 16, 10) AS UNSIGNED)",
  );
  t.is(
    key.inWarehouse,
    "reinterpretAsUInt64(reverse(substring(SHA256(concat(ifNull(toString(`number` + 0), 'N'), ',', ifNull(concat(toString(length(toString(`place`))), ':', toString(`place`)), 'N'))), 1, 8)))",
  );
  const record = rowEvent({ ...origin, table: "stock", key, columns: stock }, row);
  t.is(record.key, '{"number":7,"place":"Köln"}');
  t.is(numberInRecord(key, Buffer.from(record.key)), number);
  t.is(numberInRecord(key, Buffer.from("no key")), undefined);
  t.throws(() => keyCells(key, stock, ["Köln", null, "3"]), { message: /has no number/ });
  const difference = { key: number, source: undefined, warehouse: [{ version: 7n, row }] };
  t.regex(describeDifference({ key, columns: stock }, difference), /^number, place 7, Köln: not in MySQL\n/);
  t.is(nameOfKey({ key, columns: stock }, number, undefined), `with the hash ${number}`);
});

test("events go to Kafka in batches that it takes, in their order, and none is left out", (t) => {
  const message = fc.integer({ min: 0, max: 400_000 }).map((size) => ({ key: "", value: "x".repeat(size) }));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
      const batches = inBatches(messages);
      const bytes = batches.map((batch) => batch.reduce((sum, { value }) => sum + value.length, 0));
      t.deepEqual(batches.flat(), messages);
      return bytes.every((size) => size <= 512 * 1024) && batches.every((batch) => batch.length > 0);
    }),
  );
  const large = { key: "", value: "ü".repeat(400_000) };
  t.deepEqual(inBatches([large, large]), [[large], [large]]);
  t.deepEqual(inBatches([]), []);
  const empty = { key: "", value: "" };
  t.deepEqual(inBatches([empty]), [[empty]]);
});

test("a change event is read back to the row and the version it was made of", (t) => {
  const cell = fc.tuple(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.string({ unit: "binary" }), place);
  fc.assert(
    fc.property(cell, ([id, name, at]) => {
      const row = [String(id), name, "-0.05", "1999-12-31 23:59:59.999999"];
      const version = versionOf(at, "after");
      const written = readChange(rowEvent({ ...origin, place: version }, row).value, orders);
      const deleted = readChange(deletionEvent({ ...origin, place: version }, row).value, orders);
      t.deepEqual(written, { version, before: undefined, after: row });
      t.deepEqual(deleted, { version: version - 1n, before: row, after: undefined });
    }),
  );
});

test("a record that is no change event is passed over", (t) => {
  const { value } = rowEvent(origin, laptop);
  t.deepEqual(changeIn(Buffer.from(value), orders), readChange(value, orders));
  for (const broken of ["{ this is no JSON", "{}", "null", value.replace('"op":"r"', '"op":"x"')])
    t.is(changeIn(Buffer.from(broken), orders), undefined);
  t.is(changeIn(null, orders), undefined);
});

test("a repair leaves a tombstone where the warehouse shows a row in another place", (t) => {
  const moved = [laptop[0]!, laptop[1]!, laptop[2]!, "2024-12-31 00:00:00.000000"];
  const ops = (source: typeof laptop | undefined, ...rows: string[][]) =>
    repairEvents(origin, "created_at", {
      key: 9007199254740993n,
      source,
      warehouse: rows.map((row) => ({ version: 1n, row })),
    }).map(({ value }) => (JSON.parse(value) as { op: string }).op);
  t.deepEqual(ops(laptop), ["r"]);
  t.deepEqual(ops(laptop, laptop), ["r"]);
  t.deepEqual(ops(laptop, moved), ["d", "r"]);
  t.deepEqual(ops(laptop, moved, laptop), ["d", "r"]);
  t.deepEqual(ops(undefined, laptop), ["d"]);
  t.deepEqual(ops(undefined, laptop, moved), ["d", "d"]);
});

test("when one of the comparisons fails the others are stopped, and have ended when its error comes", async (t) => {
  const stop = new AbortController();
  const ended: string[] = [];
  const stopped = async (name: string) => {
    await once(stop.signal, "abort");
    ended.push(name);
    throw new Error("stopped");
  };
  const tasks = [stopped("a"), Promise.reject(new Error("the cause")), stopped("b")];
  await t.throwsAsync(allOrNone(tasks, stop), { message: "the cause" });
  t.deepEqual(ended, ["a", "b"]);
  t.deepEqual(await allOrNone([Promise.resolve(1), Promise.resolve(2)], new AbortController()), [1, 2]);
});

test("versions from nowhere are deleted by one statement, which may name one alone", (t) => {
  const table = { spec: { table: "orders", key: ["order_id"] as [string] }, key: orderKey };
  const versions = [
    { key: -7n, fromNowhere: 2n ** 62n },
    { key: 8n, fromNowhere: 5n },
  ];
  const statement = "ALTER TABLE orders_rows DELETE WHERE (order_id, _version) IN ";
  t.is(deleteVersions(table, versions), `${statement}((-7, 4611686018427387904), (8, 5))`);
  t.is(deleteVersions(table, versions.slice(1)), `${statement}((8, 5))`);
});

test("of sums, only what was wrong before and still is counts", (t) => {
  const wrong = (group: string, excess: string) => ({ view: "order_sums", group: [group], excess: [excess] });
  t.deepEqual(stillWrong([wrong("a", "1"), wrong("b", "1")], [wrong("b", "2"), wrong("c", "1")]), [
    wrong("b", "2"),
  ]);
});

test("a view is wrong that never shows its sums, however what is too much moves; one that did once is right", async (t) => {
  const signal = new AbortController().signal;
  const wrong = (view: string, excess: number) => ({ view, group: [""], excess: [String(excess)] });
  let looks = 0;
  const look = () => {
    looks++;
    const moving = wrong("order_totals", looks);
    return Promise.resolve(looks === 3 ? [moving] : [moving, wrong("orders_by_status", 1)]);
  };
  t.deepEqual(await wrongThroughout(look, signal, 0), [wrong("order_totals", looks)]);
  looks = 0;
  await wrongThroughout(() => Promise.resolve((looks++, [])), signal, 0);
  t.is(looks, 1, "what is right at once is not looked at again");
});

test("the views that people query are those that the schema's files make", async (t) => {
  const views = await readViews(["users.sql", "orders.sql", "orders_analytics.sql", "no_such_table.sql"]);
  t.deepEqual(
    views.map(({ name }) => name),
    [
      ...["users_realtime", "orders_realtime", "orders_per_minute", "orders_by_status", "orders_by_product"],
      ...["top_products", "order_totals"],
    ],
  );
  t.is(views[0]!.select, "SELECT user_id, name, email, created_at\nFROM users_rows FINAL");
  const table = { file: "a.sql", line: 1, sql: "CREATE TABLE IF NOT EXISTS a\n(\n    id Int64\n)" };
  t.deepEqual(viewsOf([table]), []);
});

test("the minutes of wrong sums are counted anew, each once", (t) => {
  const sums = ["paid", "pending"].map((status) => ({
    view: "order_sums",
    group: ["2025-01-11 10:30:00", status, "Laptop"],
    excess: ["1"],
  }));
  t.is(
    recount(sums),
    "INSERT INTO order_changes (minute, changes) VALUES (toDateTime64('2025-01-11 10:30:00', 0, 'UTC'), 1)",
  );
  t.is(recount([{ view: "orders_by_status", group: ["paid"], excess: ["1"] }]), undefined);
});

test("minutes that the warehouse has no place for are not asked of it", (t) => {
  const minutes = [
    ...["0000-00-00 00:00:00", "2026-00-01 00:00:00", "2026-05-00 10:00:00", "2026-02-30 00:00:00"],
    ...["1899-12-31 23:59:00", "1900-01-01 00:00:00", "2299-12-31 23:59:00", "2300-01-01 00:00:00"],
  ];
  const sums = minutes.map((minute) => ({ view: "order_sums", group: [minute], excess: ["1"] }));
  const named = recount(sums)?.match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g);
  t.deepEqual(named, minutes.slice(5, 7));
});

test("a difference is shown side by side, with what is wrong in words", (t) => {
  const table = { key: orderKey, columns: orders };
  const other = [laptop[0]!, laptop[1]!, "2000.01", laptop[3]!];
  const difference = { key: 9007199254740993n, source: laptop, warehouse: [{ version: 7n, row: other }] };
  const text = describeDifference(table, difference);
  t.regex(text, /^order_id 9007199254740993: not the same\n/);
  t.regex(text, /total_price +2000\.00 +2000\.01 +≠/);
  t.regex(text, /product_name +a \\"Laptop\\" +a \\"Laptop\\"\n/);
  t.is(kindOf({ ...difference, source: undefined }), "not in MySQL");
  t.is(kindOf({ ...difference, warehouse: [] }), "not in ClickHouse");
  t.is(kindOf({ ...difference, fromNowhere: 7n }), "a version from nowhere");
});

test("a table's line names rows, time, differences and keys that were never at rest", (t) => {
  t.is(
    describeTable("orders", { rows: 1200, differences: 0, unsettled: [] }, "1.0 s"),
    "✔ orders: 1,200 rows in 1.0 s, no difference",
  );
  t.is(
    describeTable("orders", { rows: 1, differences: 2, unsettled: ["7"] }, "1.0 s"),
    "✘ orders: 1 row in 1.0 s, 2 differences, 1 key never at rest (7)",
  );
});

test("sums differ by what the warehouse has too much, and not where a side has only zeros", (t) => {
  const source = sumsByGroup([
    ["2024-05-05 05:05:00", "paid", "Same", "2", "3", "20.10"],
    ["2024-05-05 05:05:00", "paid", "Less", "2", "3", "20.10"],
    ["2024-05-05 05:05:00", "paid", "Missing", "1", "1", "5.00"],
  ]);
  const warehouse = sumsByGroup([
    ["2024-05-05 05:05:00", "paid", "Same", "2", "3", "20.1"],
    ["2024-05-05 05:05:00", "paid", "Less", "2", "3", "20.09"],
    ["2024-05-05 05:05:00", "paid", "Extra", "1", "4", "12"],
    ["2024-05-05 05:05:00", "paid", "Gone", "0", "0", "0"],
  ]);
  const group = (product: string) => ["2024-05-05 05:05:00", "paid", product];
  t.deepEqual(
    differingSums("order_sums", source, warehouse).map(({ view, group, excess }) => ({
      view,
      group,
      excess,
    })),
    [
      { view: "order_sums", group: group("Less"), excess: ["0", "0", "-0.01"] },
      { view: "order_sums", group: group("Missing"), excess: ["-1", "-1", "-5"] },
      { view: "order_sums", group: group("Extra"), excess: ["1", "4", "12"] },
    ],
  );
  t.throws(() => sumsByGroup([["m", "s", "p", "1", "1", "1.005"]]), { message: /1.005 is no sum/ });
});

test("a difference of sums tells when either side has moved", (t) => {
  const at = (pieces: string) => sumsByGroup([["m", "paid", "p", "1", pieces, "1"]]);
  const seen = (ours: string, theirs: string) => differingSums("order_sums", at(ours), at(theirs))[0]?.seen;
  t.is(seen("1", "2"), seen("1", "2"));
  t.not(seen("1", "2"), seen("2", "3"));
  t.is(seen("2", "2"), undefined);
});

test("sums are impossible only if their rows never were as many, or never as few, in some part", (t) => {
  const rows: [bigint, bigint, bigint][] = [
    [3n, 10n, 999n],
    [4n, 10n, 1200n],
  ];
  t.false(isOutside([3n, 10n, 1000n], rows));
  t.false(isOutside([4n, 10n, 1200n], rows));
  t.true(isOutside([4n, 10n, 1201n], rows));
  t.true(isOutside([2n, 10n, 1000n], rows));
  t.true(isOutside([3n, 11n, 1000n], rows));
});

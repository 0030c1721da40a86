import test from "ava";
import { mayPass } from "../../tools/lib/load/failure";
import { Pace, transactionSizeFor } from "../../tools/lib/load/pace";
import {
  changesOf,
  commit,
  markerChanges,
  planTransaction,
  seededRandom,
  usualMix,
  type LaneState,
  type Operation,
  type Plan,
} from "../../tools/lib/load/plan";
import { scriptOf, type Ground } from "../../tools/lib/load/statements";

const operations = Object.keys(changesOf) as Operation[];

function lane(): LaneState {
  return { serial: 1, live: [], rekeyed: new Set(), next: 1 };
}

/** Plans and commits transactions, one after the other. */
function play(state: LaneState, transactions: number, size: number, mix = usualMix): Plan[] {
  const random = seededRandom(7);
  return Array.from({ length: transactions }, () => {
    const plan = planTransaction(state, mix, size, random);
    commit(state, plan);
    return plan;
  });
}

test("the first operation of a load is an insert, whatever the mix", (t) => {
  const [plan] = play(lane(), 1, 2, { insert: 0, update: 1, status: 0, move: 0, rekey: 0, remove: 1 });
  t.deepEqual(plan!.orders, { insert: [1], update: [], status: [], move: [], rekey: [], remove: [] });
});

test("a load only touches orders that are there, and each at most once in a transaction", (t) => {
  const there = new Set<number>();
  for (const { orders } of play(lane(), 2_000, 12)) {
    const all = Object.values(orders).flat();
    t.is(new Set(all).size, all.length);
    for (const order of orders.insert) t.false(there.has(order));
    for (const order of [
      ...orders.update,
      ...orders.status,
      ...orders.move,
      ...orders.rekey,
      ...orders.remove,
    ])
      t.true(there.has(order));
    for (const order of orders.insert) there.add(order);
    for (const order of orders.remove) there.delete(order);
  }
});

test("the lane knows which orders are left", (t) => {
  const state = lane();
  const there = new Set<number>();
  for (const { orders } of play(state, 500, 20)) {
    for (const order of orders.insert) there.add(order);
    for (const order of orders.remove) there.delete(order);
  }
  t.deepEqual(
    state.live.toSorted((a, b) => a - b),
    [...there].sort((a, b) => a - b),
  );
});

test("a transaction counts its row changes and has as many as asked for, or one more", (t) => {
  for (const { orders, changes } of play(lane(), 500, 15)) {
    const counted = operations.reduce((sum, name) => sum + orders[name].length * changesOf[name], 0);
    t.is(changes, counted + markerChanges);
    t.true(changes === 15 || changes === 16);
  }
});

test("operations come about as often as the mix says", (t) => {
  const drawn = Object.fromEntries(operations.map((name) => [name, 0])) as Record<Operation, number>;
  for (const { orders } of play(lane(), 3_000, 12))
    for (const name of operations) drawn[name] += orders[name].length;
  const all = Object.values(drawn).reduce((sum, count) => sum + count);
  for (const name of operations)
    t.true(Math.abs((100 * drawn[name]) / all - usualMix[name]) < 2, `${name}: ${drawn[name]} of ${all}`);
});

test("serials count the committed transactions without a gap, and a plan that is not committed leaves no trace", (t) => {
  const state = lane();
  planTransaction(state, usualMix, 10, seededRandom(1));
  t.deepEqual(state, lane());
  t.deepEqual(
    play(state, 3, 10).map(({ serial }) => serial),
    [2, 3, 4],
  );
});

const ground: Ground = {
  firstOrder: 1_000,
  firstItem: 5_000,
  marker: 1_000,
  products: [{ id: 3, name: "Load 1" }],
  pivot: "2026-01-01 00:00:00",
};

test("a transaction's script says of each statement how many rows it changes, as many as were planned in all", (t) => {
  for (const plan of play(lane(), 200, 12)) {
    const { sql, affected } = scriptOf(plan, ground, new Set());
    const statements = sql.split(";\n");
    t.is(statements.length, affected.length);
    t.is(statements[0], "BEGIN");
    t.is(statements.at(-1), "COMMIT");
    t.is(
      affected.reduce<number>((sum, count) => sum + (count ?? 0), 0),
      // A changed key is one row for MySQL, and two changes for those who know rows by their keys.
      plan.changes - plan.orders.rekey.length,
    );
  }
});

test("an order goes after its item, and comes before it", (t) => {
  const orders = { insert: [1], update: [], status: [], move: [], rekey: [], remove: [2] };
  const { sql } = scriptOf({ serial: 9, orders, changes: 5 }, ground, new Set());
  t.true(sql.indexOf("INSERT INTO orders") < sql.indexOf("INSERT INTO order_items"));
  t.true(sql.indexOf("FROM order_items") < sql.indexOf("FROM orders"));
  t.regex(sql, /quantity = 9 WHERE order_id = 1000/);
  t.regex(sql, /\(5002,1001,3,2,1\.50\)/);
});

test("an item that has changed its key is known by the one it has", (t) => {
  const state: LaneState = { serial: 1, live: [1, 2], rekeyed: new Set([2]), next: 3 };
  const orders = { insert: [], update: [], status: [], move: [], rekey: [1, 2], remove: [] };
  const plan: Plan = { serial: 2, orders, changes: 5 };
  t.regex(scriptOf(plan, ground, state.rekeyed).sql, /WHERE item_id IN \(5002,5005\)/);
  commit(state, plan);
  t.regex(scriptOf(plan, ground, state.rekeyed).sql, /WHERE item_id IN \(5003,5004\)/);
  commit(state, { ...plan, orders: { ...orders, rekey: [], remove: [1] } });
  t.deepEqual(state.rekeyed, new Set());
});

test("changes are due at an even rate, however late the last one was", (t) => {
  const pace = new Pace(500, 1_000);
  t.is(pace.take(5, 1_000), 1_000);
  t.is(pace.take(5, 1_500), 1_010);
  t.is(pace.take(500, 1_501), 1_020);
  t.is(pace.take(1, 1_502), 2_020);
});

test("after an outage the pace goes on as before it, without a flood", (t) => {
  const pace = new Pace(1_000, 0);
  pace.take(100, 0);
  t.is(pace.take(100, 30_000), 30_000);
  t.is(pace.take(100, 30_000), 30_100);
});

test("slow loads have small transactions, fast ones large", (t) => {
  t.deepEqual([10, 500, 5_000, 50_000].map(transactionSizeFor), [3, 5, 50, 200]);
});

test("a broken connection may pass, a refusal of the server does not", (t) => {
  const error = (more: object) => Object.assign(new Error("no"), more);
  t.true(mayPass(error({ code: "ECONNREFUSED" })));
  t.true(mayPass(error({ code: "PROTOCOL_SEQUENCE_TIMEOUT" })));
  t.true(mayPass(error({ fatal: true })));
  t.true(mayPass(error({ code: "ER_SERVER_SHUTDOWN", sqlState: "08S01" })));
  t.false(mayPass(error({ code: "ER_ACCESS_DENIED_ERROR", sqlState: "28000" })));
  t.false(mayPass(error({ code: "ER_DUP_ENTRY", sqlState: "23000" })));
  t.false(mayPass(new Error("a bug")));
});

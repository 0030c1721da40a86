/** What a load does: how often each kind of operation is drawn, relative to the others. */
export interface Mix {
  /** A new order with its item: two row changes. */
  readonly insert: number;
  /** Another quantity and price of an order, and of its item: two row changes. */
  readonly update: number;
  /** An order's next status: one row change. */
  readonly status: number;
  /** An order moves to another month, and so to another partition of the warehouse: one row change. */
  readonly move: number;
  /** An order's item gets another primary key: one row that goes and one that comes, so two row changes. */
  readonly rekey: number;
  /** An order with its item goes: two row changes. */
  readonly remove: number;
}

/** An operation of a load. */
export type Operation = keyof Mix;

/** Mostly new and changed orders, as a shop has them; now and then one moves or changes its key, and some go. */
export const usualMix: Mix = { insert: 35, update: 25, status: 25, move: 3, rekey: 2, remove: 10 };

/** Row changes of one operation, as the topics have them. */
export const changesOf: Readonly<Record<Operation, number>> = {
  insert: 2,
  update: 2,
  status: 1,
  move: 1,
  rekey: 2,
  remove: 2,
};

/** Every transaction also changes its lane's marker. */
export const markerChanges = 1;

/**
 * A transaction: the numbers of the orders that each operation is done to. No order occurs twice, so the operations may
 * be sent in any order, each as one statement for all of its orders.
 */
export interface Plan {
  /** Counts a lane's transactions; the marker holds it once the transaction is committed. */
  readonly serial: number;
  readonly orders: Readonly<Record<Operation, readonly number[]>>;
  /** Row changes of all operations and of the marker. */
  readonly changes: number;
}

/** The numbers of the orders that a lane has, and those it may still use. */
export interface LaneState {
  /** The last transaction that was committed. */
  serial: number;
  /** Orders that are there. */
  readonly live: number[];
  /** Those whose item has its second key. */
  readonly rekeyed: Set<number>;
  /** The number of the next new order. */
  next: number;
}

/** A source of numbers from 0 to just below 1. */
export type Random = () => number;

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draws a lane's next transaction. Pure but for `random`: the lane's state changes with {@link commit}.
 *
 * @param size row changes of the transaction, at least; the last operation may add one more
 */
export function planTransaction(lane: LaneState, mix: Mix, size: number, random: Random): Plan {
  const orders: Record<Operation, number[]> = {
    insert: [],
    update: [],
    status: [],
    move: [],
    rekey: [],
    remove: [],
  };
  const used = new Set<number>();
  const operations = Object.entries(mix) as [Operation, number][];
  let { next } = lane;
  let changes = markerChanges;
  do {
    const drawn = drawOperation(operations, random);
    const existing = drawn === "insert" ? undefined : drawUnused(lane.live, used, random);
    const operation = existing === undefined ? "insert" : drawn;
    const order = existing ?? next++;
    used.add(order);
    orders[operation].push(order);
    changes += changesOf[operation];
  } while (changes < size);
  return { serial: lane.serial + 1, orders, changes };
}

/** The lane after a transaction that was committed. */
export function commit(lane: LaneState, { serial, orders }: Plan): void {
  lane.serial = serial;
  lane.next += orders.insert.length;
  const gone = new Set(orders.remove);
  for (let i = lane.live.length - 1; gone.size > 0 && i >= 0; i--) {
    if (!gone.delete(lane.live[i]!)) continue;
    lane.live[i] = lane.live.at(-1)!;
    lane.live.pop();
  }
  lane.live.push(...orders.insert);
  for (const order of orders.rekey) if (!lane.rekeyed.delete(order)) lane.rekeyed.add(order);
  for (const order of orders.remove) lane.rekeyed.delete(order);
}

function drawOperation(operations: readonly (readonly [Operation, number])[], random: Random): Operation {
  let rest = random() * operations.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [operation, weight] of operations) {
    rest -= weight;
    if (rest < 0) return operation;
  }
  return "insert";
}

/** How often an order may be drawn that the transaction already has, before there is a new one instead. */
const tries = 5;

function drawUnused(live: readonly number[], used: ReadonlySet<number>, random: Random): number | undefined {
  for (let i = 0; i < tries; i++) {
    const order = live[Math.floor(random() * live.length)];
    if (order !== undefined && !used.has(order)) return order;
  }
  return undefined;
}

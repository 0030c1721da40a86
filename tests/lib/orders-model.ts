import fc from "fast-check";

/** An order as MySQL has it. Money in cents, so that sums are exact. */
export interface Order {
  order_id: number;
  product_name: string;
  quantity: number;
  cents: number;
  status: string;
  /** `YYYY-MM-DD hh:mm:ss.ffffff`, UTC. */
  created_at: string;
}

/** A row as the sync job writes it to `orders_rows`. */
export interface OrderRow {
  order_id: number;
  user_id: number;
  product_name: string;
  quantity: number;
  total_price: string;
  status: string;
  created_at: string;
  _version: number;
  _is_deleted: 0 | 1;
  _topic_time: number;
}

/** One thing that a user of MySQL does: an order is written, whether it is new or not, or taken away. */
export type Action = { kind: "write"; order: Order } | { kind: "delete"; order_id: number };

/** Few values of everything, so that keys, minutes and groups meet often; some minutes are far from today. */
const minutes = [
  "2026-01-31 23:59",
  "2026-02-01 00:00",
  "2026-02-01 00:01",
  "2026-06-15 12:30",
  "1969-07-20 20:17",
  "2150-01-01 00:00",
];

const order: fc.Arbitrary<Order> = fc.record({
  order_id: fc.integer({ min: 1, max: 40 }),
  product_name: fc.constantFrom("Laptop", "Phone", "Kaffee ☕", "it's"),
  quantity: fc.integer({ min: 1, max: 9 }),
  cents: fc.integer({ min: 0, max: 1_000_000 }),
  status: fc.constantFrom("pending", "paid", "shipped", "delivered", "cancelled"),
  created_at: fc
    .tuple(fc.constantFrom(...minutes), fc.constantFrom("00.000000", "00.000001", "59.999999"))
    .map(([minute, second]) => `${minute}:${second}`),
});

/** A history of a few hundred actions. Most updates keep created_at, as the platform does; some move the order. */
export const histories: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: order.map((written): Action => ({ kind: "write", order: written })) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 40 }).map((order_id): Action => ({ kind: "delete", order_id })),
    },
  ),
  { minLength: 150, maxLength: 300 },
);

/** What MySQL holds after the actions, and every row that the sync job makes of them, in the binlog's order. */
export function play(
  actions: readonly Action[],
  firstVersion = 1_000,
): { orders: Order[]; rows: OrderRow[] } {
  const orders = new Map<number, Order>();
  const rows: OrderRow[] = [];
  actions.forEach((action, index) => {
    // Like a place in the binlog: a tombstone's is even, and just below the row's that follows it.
    const place = firstVersion + 2 * index;
    const id = action.kind === "write" ? action.order.order_id : action.order_id;
    const before = orders.get(id);
    if (action.kind === "delete") {
      if (before) rows.push(rowOf(before, place, 1));
      orders.delete(id);
      return;
    }
    if (before && before.created_at !== action.order.created_at) rows.push(rowOf(before, place, 1));
    rows.push(rowOf(action.order, place + 1, 0));
    orders.set(id, action.order);
  });
  return { orders: [...orders.values()], rows };
}

function rowOf({ cents, ...order }: Order, version: number, deleted: 0 | 1): OrderRow {
  return {
    ...order,
    user_id: 1,
    total_price: priceOf(cents),
    _version: version,
    _is_deleted: deleted,
    _topic_time: 1_750_000_000,
  };
}

/** 1234 → "12.34" */
export function priceOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/** How the rows reach the warehouse: in batches, in any order, some of them more than once. */
export function deliveries(rows: readonly OrderRow[]): fc.Arbitrary<OrderRow[][]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...rows], { minLength: rows.length }),
      fc.subarray([...rows]),
      fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 12 }),
    )
    .map(([once, again, sizes]) => inBatches([...once, ...again], sizes));
}

function inBatches<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length;) {
    const size = sizes[batches.length % sizes.length]!;
    batches.push(items.slice(start, start + size));
    start += size;
  }
  return batches;
}

/** Orders and revenue (cents) of each group, sorted by its name. */
export function countBy(
  orders: readonly Order[],
  groupOf: (order: Order) => string,
): { name: string; orders: number; quantity: number; revenue: string }[] {
  const groups = new Map<string, { orders: number; quantity: number; cents: number }>();
  for (const one of orders) {
    const group = groups.get(groupOf(one)) ?? { orders: 0, quantity: 0, cents: 0 };
    groups.set(groupOf(one), {
      orders: group.orders + 1,
      quantity: group.quantity + one.quantity,
      cents: group.cents + one.cents,
    });
  }
  return [...groups]
    .map(([name, { cents, ...counts }]) => ({ name, ...counts, revenue: priceOf(cents) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

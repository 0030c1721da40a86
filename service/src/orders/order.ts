/** The states an order can be in. Any may follow any. */
export const orderStatuses = ["pending", "paid", "shipped", "delivered", "cancelled"] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** An order as the API shows it. */
export interface Order {
  readonly order_id: number;
  readonly user_id: number;
  readonly product_name: string;
  readonly quantity: number;
  /** With two decimals: `"19.99"`. */
  readonly total_price: string;
  readonly status: OrderStatus;
  /** ISO-8601 in UTC with microseconds; set once. */
  readonly created_at: string;
}

/** What a client decides about a new order. */
export type NewOrder = Omit<Order, "order_id" | "created_at">;

/** Where a page of orders ends, and the next one begins. */
export type OrderPlace = Pick<Order, "created_at" | "order_id">;

/** `2025-01-11T10:30:00.123456Z_1001` */
export function formatPlace({ created_at, order_id }: OrderPlace): string {
  return `${created_at}_${order_id}`;
}

/** The inverse of `formatPlace`; `undefined` for anything else. */
export function parsePlace(text: string): OrderPlace | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)_(\d{1,15})$/.exec(text);
  if (!match?.[1] || Number.isNaN(Date.parse(match[1]))) return undefined;
  return { created_at: match[1], order_id: Number(match[2]) };
}

import { Injectable } from "@nestjs/common";
import { z } from "zod";
import { orderStatuses } from "../orders/order";
import { Cached } from "./cached";
import { Warehouse } from "./warehouse";

/** Many pages that ask every second cost one look. Milliseconds. */
const period = 400;

const count = z.coerce.number().pipe(z.int()).meta({ type: "integer" });
const revenue = z.string().meta({ description: "Exact, with two decimals", example: "1999.00" });

/** `GET /api/stats` */
export const statsBody = z.object({
  orders: count.meta({ description: "Orders there are now" }),
  revenue,
  per_minute: z
    .array(z.object({ minute: z.string().meta({ format: "date-time" }), orders: count, revenue }))
    .meta({ description: "The last hour's minutes that saw orders, oldest first" }),
  by_status: z.array(z.object({ status: z.string(), orders: count, revenue })),
  top_products: z
    .array(z.object({ product_name: z.string(), orders: count, quantity: count, revenue }))
    .meta({ description: "By revenue, highest first" }),
});

export type Stats = z.output<typeof statsBody>;

/** Money and times as text, because JSON numbers are floats; the views count and sum. */
const queries = {
  totals: "SELECT orders, toDecimalString(revenue, 2) AS revenue FROM order_totals",
  per_minute: `SELECT formatDateTime(minute, '%FT%TZ', 'UTC') AS minute, orders, toDecimalString(revenue, 2) AS revenue
    FROM orders_per_minute WHERE orders_per_minute.minute > now() - INTERVAL 1 HOUR
    ORDER BY orders_per_minute.minute`,
  by_status: "SELECT status, orders, toDecimalString(revenue, 2) AS revenue FROM orders_by_status",
  top_products: `SELECT product_name, orders, quantity, toDecimalString(revenue, 2) AS revenue
    FROM top_products ORDER BY top_products.revenue DESC LIMIT 10`,
};

/** What the warehouse makes of the orders. */
@Injectable()
export class StatsReader {
  private readonly cached = new Cached(period, () => this.load());

  constructor(private readonly warehouse: Warehouse) {}

  /**
   * At most 400 ms old.
   *
   * @throws Unavailable when the warehouse is away
   */
  read(): Promise<Stats> {
    return this.cached.get();
  }

  private async load(): Promise<Stats> {
    const { warehouse } = this;
    const [totals, per_minute, by_status, top_products] = await Promise.all([
      warehouse.rows<object>(queries.totals),
      warehouse.rows<object>(queries.per_minute),
      warehouse.rows<object>(queries.by_status),
      warehouse.rows<object>(queries.top_products),
    ]);
    const stats = statsBody.parse({ ...totals[0], per_minute, by_status, top_products });
    const step = ({ status }: { status: string }) => (orderStatuses as readonly string[]).indexOf(status);
    stats.by_status.sort((a, b) => step(a) - step(b));
    return stats;
  }
}

import { Injectable } from "@nestjs/common";
import { z } from "zod";
import { Warehouse } from "./warehouse";

/** `GET /api/arrivals/:order_id` */
export const arrivalBody = z.object({
  order_id: z.int(),
  took_ms: z
    .number()
    .nullable()
    .meta({ description: "From created_at to the insert into ClickHouse; null until it has arrived" }),
});

export type Arrival = z.output<typeof arrivalBody>;

/** Each row tells when it was inserted; the oldest version is the order as it was placed. */
const query = `
  SELECT toUnixTimestamp64Milli(_ingested_at) - toUnixTimestamp64Milli(created_at) AS took_ms
  FROM orders_rows
  WHERE order_id = {order_id:Int64}
  ORDER BY _version
  LIMIT 1`;

/** When orders reached the warehouse. */
@Injectable()
export class ArrivalsReader {
  constructor(private readonly warehouse: Warehouse) {}

  /** @throws Unavailable when the warehouse is away */
  async read(order_id: number): Promise<Arrival> {
    const [row] = await this.warehouse.rows<{ took_ms: number | string }>(query, { order_id });
    return { order_id, took_ms: row ? Number(row.took_ms) : null };
  }
}

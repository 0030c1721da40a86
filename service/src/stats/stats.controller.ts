import { Controller, Get, Param } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import type { z } from "zod";
import { ApiAnswer, ApiOrderId, ApiProblems } from "../http/openapi";
import { Validate } from "../http/validate";
import { orderId } from "../orders/order-schemas";
import { Arrival, arrivalBody, ArrivalsReader } from "./arrivals";
import { Stats, statsBody, StatsReader } from "./stats";

@ApiTags("live numbers")
@Controller("api")
export class StatsController {
  constructor(
    private readonly stats: StatsReader,
    private readonly arrivals: ArrivalsReader,
  ) {}

  @Get("stats")
  @ApiOperation({
    summary: "Orders and revenue, as the warehouse sees them",
    description: "At most 400 ms old.",
  })
  @ApiAnswer(200, statsBody, "The numbers")
  @ApiProblems(503)
  readStats(): Promise<Stats> {
    return this.stats.read();
  }

  @Get("arrivals/:order_id")
  @ApiOperation({ summary: "Has an order arrived in the warehouse, and how long did it take?" })
  @ApiOrderId()
  @ApiAnswer(200, arrivalBody, "What is known")
  @ApiProblems(400, 503)
  readArrival(@Param(new Validate(orderId)) { order_id }: z.output<typeof orderId>): Promise<Arrival> {
    return this.arrivals.read(order_id);
  }
}

import { Controller, Get } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import { z } from "zod";
import { ApiAnswer, ApiProblems } from "../http/openapi";
import { Source } from "../source/source";
import { Warehouse } from "../stats/warehouse";

const up = z.literal("up");
const liveBody = z.object({ status: z.literal("ok") });
const readyBody = liveBody.extend({ source: up });
const healthBody = readyBody.extend({ warehouse: z.enum(["up", "down"]) });

/** Alive: the process answers. Ready: orders can be placed, so MySQL answers. Without the warehouse only numbers miss. */
@ApiTags("health")
@Controller("health")
export class HealthController {
  constructor(
    private readonly source: Source,
    private readonly warehouse: Warehouse,
  ) {}

  @Get("live")
  @ApiOperation({ summary: "Does the process answer?" })
  @ApiAnswer(200, liveBody, "It does")
  live(): z.output<typeof liveBody> {
    return { status: "ok" };
  }

  @Get("ready")
  @ApiOperation({ summary: "Can orders be placed?" })
  @ApiAnswer(200, readyBody, "They can")
  @ApiProblems(503)
  async ready(): Promise<z.output<typeof readyBody>> {
    await this.source.ping();
    return { status: "ok", source: "up" };
  }

  @Get()
  @ApiOperation({ summary: "As ready, and whether live numbers are to be had" })
  @ApiAnswer(200, healthBody, "Orders can be placed")
  @ApiProblems(503)
  async health(): Promise<z.output<typeof healthBody>> {
    const [, answers] = await Promise.all([this.source.ping(), this.warehouse.answers()]);
    return { status: "ok", source: "up", warehouse: answers ? "up" : "down" };
  }
}

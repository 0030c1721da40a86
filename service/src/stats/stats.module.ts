import { Module } from "@nestjs/common";
import { ArrivalsReader } from "./arrivals";
import { StatsController } from "./stats.controller";
import { StatsReader } from "./stats";
import { Warehouse } from "./warehouse";

@Module({
  controllers: [StatsController],
  providers: [ArrivalsReader, StatsReader, Warehouse],
  exports: [Warehouse],
})
export class StatsModule {}

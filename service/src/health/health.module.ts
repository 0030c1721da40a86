import { Module } from "@nestjs/common";
import { SourceModule } from "../source/source.module";
import { StatsModule } from "../stats/stats.module";
import { HealthController } from "./health.controller";

@Module({ imports: [SourceModule, StatsModule], controllers: [HealthController] })
export class HealthModule {}

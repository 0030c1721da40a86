import { DynamicModule, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, NestFastifyApplication } from "@nestjs/platform-fastify";
import { Logger } from "nestjs-pino";
import { HealthModule } from "./health/health.module";
import { acceptJsonOnly } from "./http/json-body";
import { describeApi } from "./http/openapi";
import { ProblemFilter } from "./http/problem-filter";
import { jsonLogs } from "./logs";
import { OrdersModule } from "./orders/orders.module";
import type { Settings } from "./settings";
import { SettingsModule } from "./settings.module";
import { StatsModule } from "./stats/stats.module";

@Module({})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.with(settings),
        jsonLogs(settings.logLevel),
        OrdersModule,
        StatsModule,
        HealthModule,
      ],
    };
  }
}

/** The service, ready to listen. It needs neither MySQL nor ClickHouse to start. */
export async function createApp(settings: Settings): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(settings), createAdapter(), {
    bodyParser: false,
    bufferLogs: true,
  });
  app.useLogger(app.get(Logger));
  configure(app);
  return app;
}

export function createAdapter(): FastifyAdapter {
  return new FastifyAdapter({ return503OnClosing: true });
}

/** What tests share with the real service. */
export function configure(app: NestFastifyApplication): void {
  acceptJsonOnly(app.getHttpAdapter().getInstance());
  app.useGlobalFilters(new ProblemFilter());
  describeApi(app);
}

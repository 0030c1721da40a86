import { Module } from "@nestjs/common";
import { SourceModule } from "../source/source.module";
import { MysqlOrdersRepository } from "./mysql-orders-repository";
import { OrdersController } from "./orders.controller";
import { OrdersRepository } from "./orders-repository";

@Module({
  imports: [SourceModule],
  controllers: [OrdersController],
  providers: [{ provide: OrdersRepository, useClass: MysqlOrdersRepository }],
})
export class OrdersModule {}

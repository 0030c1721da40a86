import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import { ApiAnswer, ApiInput, ApiOrderId, ApiProblems, ApiQueryOf } from "../http/openapi";
import { NotFound } from "../http/problem";
import { Validate } from "../http/validate";
import { formatPlace, Order } from "./order";
import { changeOrder, createOrder, listOrders, orderBody, orderId, orderPageBody } from "./order-schemas";
import { OrdersRepository } from "./orders-repository";

type OrderId = z.output<typeof orderId>;

@ApiTags("orders")
@Controller("api/orders")
export class OrdersController {
  constructor(private readonly orders: OrdersRepository) {}

  @Post()
  @ApiOperation({ summary: "Place an order", description: "A product_name that is new becomes a product." })
  @ApiInput(createOrder)
  @ApiAnswer(201, orderBody, "The order as it was stored")
  @ApiProblems(400, 413, 415, 503)
  async place(
    @Body(new Validate(createOrder)) input: z.output<typeof createOrder>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Order> {
    const order = await this.orders.place(input);
    void reply.header("location", `/api/orders/${order.order_id}`);
    return order;
  }

  @Get()
  @ApiOperation({ summary: "The list of orders, newest first, a page at a time" })
  @ApiQueryOf(listOrders)
  @ApiAnswer(200, orderPageBody, "A page")
  @ApiProblems(400, 503)
  async list(
    @Query(new Validate(listOrders)) query: z.output<typeof listOrders>,
  ): Promise<z.output<typeof orderPageBody>> {
    const { limit, page = 1, before } = query;
    const items = await this.orders.newest({ limit, skip: (page - 1) * limit, before });
    const last = items.at(-1);
    return { items, next_before: last && items.length === limit ? formatPlace(last) : null };
  }

  @Get(":order_id")
  @ApiOperation({ summary: "One order" })
  @ApiOrderId()
  @ApiAnswer(200, orderBody, "The order")
  @ApiProblems(400, 404, 503)
  async find(@Param(new Validate(orderId)) { order_id }: OrderId): Promise<Order> {
    return found(await this.orders.find(order_id), order_id);
  }

  @Patch(":order_id")
  @ApiOperation({ summary: "Change an order's status" })
  @ApiOrderId()
  @ApiInput(changeOrder)
  @ApiAnswer(200, orderBody, "The order as it is now")
  @ApiProblems(400, 404, 413, 415, 503)
  async changeStatus(
    @Param(new Validate(orderId)) { order_id }: OrderId,
    @Body(new Validate(changeOrder)) { status }: z.output<typeof changeOrder>,
  ): Promise<Order> {
    return found(await this.orders.changeStatus(order_id, status), order_id);
  }

  @Delete(":order_id")
  @HttpCode(204)
  @ApiOperation({ summary: "Remove an order and its items" })
  @ApiOrderId()
  @ApiAnswer(204, undefined, "It is gone")
  @ApiProblems(400, 404, 503)
  async remove(@Param(new Validate(orderId)) { order_id }: OrderId): Promise<void> {
    if (!(await this.orders.remove(order_id))) throw new NotFound(`order ${order_id}`);
  }
}

function found(order: Order | undefined, order_id: number): Order {
  if (!order) throw new NotFound(`order ${order_id}`);
  return order;
}

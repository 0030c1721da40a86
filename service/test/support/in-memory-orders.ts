import { MicrosecondClock, toIso } from "../../src/clock";
import { BadInput } from "../../src/http/problem";
import type { NewOrder, Order, OrderStatus } from "../../src/orders/order";
import { OrderListPart, OrdersRepository } from "../../src/orders/orders-repository";

/** Stands in for MySQL where the HTTP side is tested. Users 1 to 1000 exist. */
export class InMemoryOrders extends OrdersRepository {
  private readonly clock = new MicrosecondClock();
  private orders: Order[] = [];
  private lastId = 0;

  async place(order: NewOrder): Promise<Order> {
    if (order.user_id > 1000) {
      throw new BadInput([{ field: "user_id", message: `user_id ${order.user_id} is not a known user` }]);
    }
    const placed = { order_id: ++this.lastId, ...order, created_at: toIso(this.clock.now()) };
    this.orders.unshift(placed);
    return placed;
  }

  async newest({ limit, skip = 0, before }: OrderListPart): Promise<Order[]> {
    const start = before ? this.orders.findIndex(({ order_id }) => order_id < before.order_id) : 0;
    return start < 0 ? [] : this.orders.slice(start + skip, start + skip + limit);
  }

  async find(orderId: number): Promise<Order | undefined> {
    return this.orders.find(({ order_id }) => order_id === orderId);
  }

  async changeStatus(orderId: number, status: OrderStatus): Promise<Order | undefined> {
    this.orders = this.orders.map((order) => (order.order_id === orderId ? { ...order, status } : order));
    return this.find(orderId);
  }

  async remove(orderId: number): Promise<boolean> {
    const before = this.orders.length;
    this.orders = this.orders.filter(({ order_id }) => order_id !== orderId);
    return this.orders.length < before;
  }
}

import type { NewOrder, Order, OrderPlace, OrderStatus } from "./order";

/** Which part of the list of orders, newest first. */
export interface OrderListPart {
  readonly limit: number;
  /** How many to leave out at the start. @default 0 */
  readonly skip?: number;
  /** Only what follows this place. @default from the newest */
  readonly before?: OrderPlace | undefined;
}

/** Where orders are kept. Every method throws `Unavailable` when the source is away. */
export abstract class OrdersRepository {
  /**
   * Stores an order and its item, and the product if its name is new: all of it or nothing.
   *
   * @throws BadInput if there is no such user
   */
  abstract place(order: NewOrder): Promise<Order>;

  /** Part of the list of all orders, newest first. */
  abstract newest(part: OrderListPart): Promise<Order[]>;

  abstract find(orderId: number): Promise<Order | undefined>;

  /** @returns the order as it is now, or nothing if there is none */
  abstract changeStatus(orderId: number, status: OrderStatus): Promise<Order | undefined>;

  /**
   * Removes an order and its items. Its product stays.
   *
   * @returns whether there was one
   */
  abstract remove(orderId: number): Promise<boolean>;
}

import { Injectable } from "@nestjs/common";
import type { EntityManager } from "typeorm";
import { fromSqlTime, MicrosecondClock, toIso, toSqlTime } from "../clock";
import { BadInput } from "../http/problem";
import { formatAmount, parseAmount, unitPrice } from "../money";
import { OrderItemRow, OrderRow, ProductRow } from "../source/entities";
import { isDuplicate, violatesForeignKey } from "../source/errors";
import { Source } from "../source/source";
import type { NewOrder, Order, OrderStatus } from "./order";
import { OrderListPart, OrdersRepository } from "./orders-repository";

interface Inserted {
  readonly insertId: number;
}

type ProductId = Pick<ProductRow, "product_id">;

/** Orders in MySQL. Placing one is written in plain SQL: it is the hot path, and each round trip in it counts. */
@Injectable()
export class MysqlOrdersRepository extends OrdersRepository {
  private readonly clock = new MicrosecondClock();

  constructor(private readonly source: Source) {
    super();
  }

  async place(order: NewOrder): Promise<Order> {
    const created_at = toIso(this.clock.now());
    const { user_id, product_name, quantity, total_price, status } = order;
    try {
      return await this.source.transact(async (manager) => {
        const productId = await this.productId(manager, product_name);
        const { insertId: order_id } = await manager.query<Inserted>(
          "INSERT INTO orders (user_id, product_name, quantity, total_price, status, created_at) VALUES (?, ?, ?, ?, ?, ?)",
          [user_id, product_name, quantity, total_price, status, toSqlTime(created_at)],
        );
        await manager.query(
          "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES (?, ?, ?, ?)",
          [order_id, productId, quantity, unitPriceOf(order)],
        );
        return { order_id, ...order, created_at };
      });
    } catch (error) {
      if (!violatesForeignKey(error, "orders_user")) throw error;
      throw new BadInput([{ field: "user_id", message: `user_id ${user_id} is not a known user` }]);
    }
  }

  async newest({ limit, skip = 0, before }: OrderListPart): Promise<Order[]> {
    return this.source.use(async (manager) => {
      const query = manager.createQueryBuilder(OrderRow, "o");
      if (before) {
        // Spelled out, because MySQL finds no range for a comparison of (created_at, order_id) pairs.
        query.where("o.created_at <= :time AND (o.created_at < :time OR o.order_id < :id)", {
          time: toSqlTime(before.created_at),
          id: before.order_id,
        });
      }
      query.orderBy("o.created_at", "DESC").addOrderBy("o.order_id", "DESC").limit(limit).offset(skip);
      return (await query.getMany()).map(toOrder);
    });
  }

  async find(order_id: number): Promise<Order | undefined> {
    return this.source.use((manager) => findOrder(manager, order_id));
  }

  async changeStatus(order_id: number, status: OrderStatus): Promise<Order | undefined> {
    return this.source.transact(async (manager) => {
      await manager.update(OrderRow, { order_id }, { status });
      return findOrder(manager, order_id);
    });
  }

  async remove(order_id: number): Promise<boolean> {
    return this.source.transact(async (manager) => {
      await manager.delete(OrderItemRow, { order_id });
      const { affected } = await manager.delete(OrderRow, { order_id });
      return affected === 1;
    });
  }

  /** The id of a product, which is made if need be. Orders of a known product never wait for one another. */
  private async productId(manager: EntityManager, name: string): Promise<number> {
    const query = "SELECT product_id FROM products WHERE product_name = ?";
    const [known] = await manager.query<ProductId[]>(query, [name]);
    if (known) return known.product_id;
    try {
      // Waits if another order is bringing the same product at this moment.
      const { insertId } = await manager.query<Inserted>("INSERT INTO products (product_name) VALUES (?)", [
        name,
      ]);
      return insertId;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // The other order's product is newer than what this transaction sees, except with a lock.
      const [theirs] = await manager.query<ProductId[]>(`${query} FOR SHARE`, [name]);
      if (!theirs) throw error;
      return theirs.product_id;
    }
  }
}

async function findOrder(manager: EntityManager, order_id: number): Promise<Order | undefined> {
  const row = await manager.findOneBy(OrderRow, { order_id });
  return row ? toOrder(row) : undefined;
}

function toOrder({
  order_id,
  user_id,
  product_name,
  quantity,
  total_price,
  status,
  created_at,
}: OrderRow): Order {
  const created = fromSqlTime(created_at);
  return { order_id, user_id, product_name, quantity, total_price, status, created_at: created };
}

function unitPriceOf({ total_price, quantity }: NewOrder): string {
  const total = parseAmount(total_price);
  if ("problem" in total) throw new Error(`total_price ${total.problem}`);
  return formatAmount(unitPrice(total.cents, quantity));
}

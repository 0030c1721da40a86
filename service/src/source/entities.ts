/** How TypeORM sees the tables that `sql/mysql/` makes. It never changes them. */
import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
import type { OrderStatus } from "../orders/order";

@Entity("products")
export class ProductRow {
  @PrimaryGeneratedColumn({ type: "bigint" })
  product_id!: number;

  @Column({ type: "varchar", length: 255 })
  product_name!: string;
}

@Entity("orders")
export class OrderRow {
  @PrimaryGeneratedColumn({ type: "bigint" })
  order_id!: number;

  @Column({ type: "bigint" })
  user_id!: number;

  @Column({ type: "varchar", length: 255 })
  product_name!: string;

  @Column({ type: "int" })
  quantity!: number;

  @Column({ type: "decimal", precision: 12, scale: 2 })
  total_price!: string;

  @Column({ type: "varchar", length: 16 })
  status!: OrderStatus;

  /** DATETIME(6), read and written as text: a JavaScript Date would lose the microseconds. */
  @Column({ type: "varchar", update: false })
  created_at!: string;
}

@Entity("order_items")
export class OrderItemRow {
  @PrimaryGeneratedColumn({ type: "bigint" })
  item_id!: number;

  @Column({ type: "bigint" })
  order_id!: number;

  @Column({ type: "bigint" })
  product_id!: number;

  @Column({ type: "int" })
  quantity!: number;

  @Column({ type: "decimal", precision: 12, scale: 2 })
  unit_price!: string;
}

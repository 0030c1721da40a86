import type { Plan } from "./plan";

/** Where a lane's orders are in the source. */
export interface Ground {
  /** Added to an order's number: its `order_id`. */
  readonly firstOrder: number;
  /** The `item_id` of the first order's item; each order has two of them to change between. */
  readonly firstItem: number;
  /** The order that counts the lane's transactions, in `quantity`. */
  readonly marker: number;
  /** Products to choose from. */
  readonly products: readonly Product[];
  /** Orders move from before this time to after it and back, `YYYY-MM-DD hh:mm:ss`. */
  readonly pivot: string;
}

/** A row of `products`. */
export interface Product {
  readonly id: number;
  readonly name: string;
}

/** Values of `item_id` for each order; its item has one of them at a time. */
export const itemKeys = 2;

/** The statuses of an order, in the order in which it takes them; after the last comes the first. */
const statuses = ["pending", "paid", "shipped", "delivered", "cancelled"];
const statusList = statuses.map((status) => `'${status}'`).join(", ");

/** A transaction in SQL. */
export interface Script {
  /** All statements, to be sent at once: a transaction takes one round trip. */
  readonly sql: string;
  /** How many rows the server has to report as affected, statement by statement; undefined where it reports none. */
  readonly affected: readonly (number | undefined)[];
}

/**
 * The statements of a planned transaction. Pure. Every one of them really changes each of its rows: MySQL does not log
 * an update that leaves a row as it was, and the load counts what is in the binlog.
 *
 * @param rekeyed orders whose item has its second key
 */
export function scriptOf({ serial, orders }: Plan, ground: Ground, rekeyed: ReadonlySet<number>): Script {
  const itemId = (n: number) => ground.firstItem + itemKeys * n + (rekeyed.has(n) ? 1 : 0);
  const itemIds = (numbers: readonly number[]) => numbers.map(itemId).join(",");
  const orderIds = (numbers: readonly number[]) => numbers.map((n) => ground.firstOrder + n).join(",");
  const { insert, update, status, move, rekey, remove } = orders;
  const statements: [sql: string, affected: number | undefined][] = [
    ["BEGIN", undefined],
    [`UPDATE orders SET quantity = ${serial} WHERE order_id = ${ground.marker}`, 1],
  ];
  if (insert.length > 0)
    statements.push(
      [
        "INSERT INTO orders (order_id, user_id, product_name, quantity, total_price) VALUES " +
          insert.map((n) => orderValues(n, ground)).join(","),
        insert.length,
      ],
      [
        "INSERT INTO order_items (item_id, order_id, product_id, quantity, unit_price) VALUES " +
          insert.map((n) => itemValues(n, ground)).join(","),
        insert.length,
      ],
    );
  if (update.length > 0)
    statements.push(
      [
        `UPDATE orders SET quantity = quantity + 1, total_price = total_price + 1.25 WHERE order_id IN (${orderIds(update)})`,
        update.length,
      ],
      [`UPDATE order_items SET quantity = quantity + 1 WHERE item_id IN (${itemIds(update)})`, update.length],
    );
  if (status.length > 0)
    statements.push([
      `UPDATE orders SET status = ELT(FIELD(status, ${statusList}) % ${statuses.length} + 1, ${statusList}) ` +
        `WHERE order_id IN (${orderIds(status)})`,
      status.length,
    ]);
  if (move.length > 0)
    statements.push([
      // 31 days always lead to another month.
      `UPDATE orders SET created_at = created_at + INTERVAL IF(created_at < '${ground.pivot}', 31, -31) DAY ` +
        `WHERE order_id IN (${orderIds(move)})`,
      move.length,
    ]);
  if (rekey.length > 0)
    statements.push([
      `UPDATE order_items SET item_id = item_id + IF((item_id - ${ground.firstItem}) % ${itemKeys} = 0, 1, -1) ` +
        `WHERE item_id IN (${itemIds(rekey)})`,
      rekey.length,
    ]);
  if (remove.length > 0)
    statements.push(
      [`DELETE FROM order_items WHERE item_id IN (${itemIds(remove)})`, remove.length],
      [`DELETE FROM orders WHERE order_id IN (${orderIds(remove)})`, remove.length],
    );
  statements.push(["COMMIT", undefined]);
  return {
    sql: statements.map(([sql]) => sql).join(";\n"),
    affected: statements.map(([, affected]) => affected),
  };
}

function orderValues(number: number, { firstOrder, products }: Ground): string {
  const { name } = productOf(number, products);
  return `(${firstOrder + number},${userOf(number)},'${name}',${quantityOf(number)},${totalOf(number)})`;
}

function itemValues(number: number, { firstOrder, firstItem, products }: Ground): string {
  const { id } = productOf(number, products);
  const unitPrice = ((number % 997) + 0.5).toFixed(2);
  return `(${firstItem + itemKeys * number},${firstOrder + number},${id},${quantityOf(number)},${unitPrice})`;
}

function totalOf(number: number): string {
  return (quantityOf(number) * ((number % 997) + 0.5)).toFixed(2);
}

/** Users 1 to 1000 are there from the beginning. */
function userOf(number: number): number {
  return (number % 1000) + 1;
}

function quantityOf(number: number): number {
  return (number % 9) + 1;
}

function productOf(number: number, products: readonly Product[]): Product {
  return products[number % products.length]!;
}

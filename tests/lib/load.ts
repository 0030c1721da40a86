import { setTimeout as sleep } from "node:timers/promises";
import { connectToSource } from "./stack";

/** Writes that go on until they are stopped. */
export interface Load {
  /** Ends them, once. @returns how many changes there were */
  stop(): Promise<number>;
}

/** Between two changes; milliseconds. */
const pause = 10;

/**
 * Inserts, updates and deletes orders of its own, about a hundred changes a second; one order of them changes all the
 * time, and some move to another month.
 */
export async function startLoad(): Promise<Load> {
  const connection = await connectToSource();
  const insert = async () => {
    const [{ insertId }] = (await connection.query(
      "INSERT INTO orders (user_id, product_name, quantity, total_price) VALUES (2, 'Load', 1, 9.99)",
    )) as unknown as [{ insertId: number }];
    return insertId;
  };
  const hot = await insert();
  const own: number[] = [await insert()];
  let stopped = false;
  let changes = 0;
  const work = async () => {
    for (; !stopped; changes++) {
      const some = own[changes % own.length]!;
      const step = changes % 10;
      if (step < 3) own.push(await insert());
      else if (step < 6)
        await connection.query("UPDATE orders SET quantity = quantity + 1 WHERE order_id = ?", [hot]);
      else if (step < 8)
        await connection.query("UPDATE orders SET total_price = total_price + 0.01 WHERE order_id = ?", [
          some,
        ]);
      else if (step < 9)
        await connection.query(
          "UPDATE orders SET created_at = created_at - INTERVAL 31 DAY WHERE order_id = ?",
          [some],
        );
      else await connection.query("DELETE FROM orders WHERE order_id = ?", [own.shift()!]);
      await sleep(pause);
    }
  };
  const working = work();
  const end = async () => {
    stopped = true;
    await working;
    await connection.end();
    return changes;
  };
  let ended: Promise<number> | undefined;
  return { stop: () => (ended ??= end()) };
}

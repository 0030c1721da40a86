import test from "ava";
import { fillStatements, median } from "../../tools/lib/warehouse-bench";

test("the median is the middle value, of an even number the upper one", (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 3, 2]), 3);
});

test("the orders come in as many inserts as there are parts, then ten of changes", (t) => {
  const data = { orders: 1_000, parts: 5, changes: 100, layout: "in order", products: 3 } as const;
  const statements = fillStatements(data);
  t.is(statements.length, 15);
  t.is(statements.filter((sql) => sql.includes("FROM numbers(200)")).length, 5);
  t.is(statements.filter((sql) => sql.includes("FROM numbers(10)")).length, 10);
  t.is(fillStatements({ ...data, changes: 0 }).length, 5);
});

test("orders lie one after the other, or are dealt out to all parts", (t) => {
  const data = { orders: 1_000, parts: 5, changes: 0, products: 3 } as const;
  t.regex(fillStatements({ ...data, layout: "in order" })[1]!, /toInt64\(number\) \+ 200 AS order_id/);
  t.regex(fillStatements({ ...data, layout: "interleaved" })[1]!, /toInt64\(number\) \* 5 \+ 1 AS order_id/);
});

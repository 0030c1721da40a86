import test from "ava";
import { appInMemory, send } from "./support/app";

interface Description {
  readonly paths: Record<string, Record<string, { responses: object; requestBody?: object }>>;
}

test("the description names every way in, and what each answers", async (t) => {
  const { body } = await send(await appInMemory(t), "GET", "/docs-json");
  const { paths } = body as Description;
  const ways = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { responses }]) => `${method} ${path} ${Object.keys(responses).join(" ")}`,
    ),
  );
  t.deepEqual(ways.sort(), [
    "delete /api/orders/{order_id} 204 400 404 503",
    "get /api/arrivals/{order_id} 200 400 503",
    "get /api/orders 200 400 503",
    "get /api/orders/{order_id} 200 400 404 503",
    "get /api/stats 200 503",
    "get /health 200 503",
    "get /health/live 200",
    "get /health/ready 200 503",
    "patch /api/orders/{order_id} 200 400 404 413 415 503",
    "post /api/orders 201 400 413 415 503",
  ]);
});

test("an order's body is described with its bounds and an example", async (t) => {
  const { body } = await send(await appInMemory(t), "GET", "/docs-json");
  const text = JSON.stringify((body as Description).paths["/api/orders"]?.["post"]?.requestBody);
  t.regex(text, /"quantity":\{"type":"integer","minimum":1,"maximum":2147483647/);
  t.regex(text, /"required":\["user_id","product_name","quantity","total_price"\]/);
  t.regex(text, /"example":"Test Product"/);
});

test("people can read it at /docs", async (t) => {
  const app = await appInMemory(t);
  const response = await app.inject({ method: "GET", url: "/docs" });
  t.is(response.statusCode, 200);
  t.regex(response.body, /swagger-ui/);
});

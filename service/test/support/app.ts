import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { Test } from "@nestjs/testing";
import type { ExecutionContext } from "ava";
import { AppModule, configure, createAdapter } from "../../src/app";
import { OrdersRepository } from "../../src/orders/orders-repository";
import type { Settings } from "../../src/settings";
import { Warehouse } from "../../src/stats/warehouse";
import { InMemoryOrders } from "./in-memory-orders";

/** Nothing listens on port 9 of loopback. */
export const nobodyThere: Settings = {
  port: 3000,
  logLevel: "silent",
  source: { host: "127.0.0.1", port: 9, user: "nobody", password: "none", database: "platform" },
  warehouse: { url: "http://127.0.0.1:9", user: "nobody", password: "none", database: "platform" },
};

/** What stands in for the servers. Everything else is the service as it runs. */
export interface StandIns {
  readonly warehouse?: Pick<Warehouse, "rows" | "answers" | "onApplicationShutdown">;
}

/** The service over orders in memory, closed when the test is over. */
export async function appInMemory(
  t: ExecutionContext,
  standIns: StandIns = {},
): Promise<NestFastifyApplication> {
  return started(t, await createInMemoryApp(standIns));
}

/** The service over orders in memory; whoever makes it initialises and closes it. */
export async function createInMemoryApp({ warehouse }: StandIns = {}): Promise<NestFastifyApplication> {
  let testing = Test.createTestingModule({ imports: [AppModule.with(nobodyThere)] })
    .overrideProvider(OrdersRepository)
    .useValue(new InMemoryOrders());
  if (warehouse) testing = testing.overrideProvider(Warehouse).useValue(warehouse);
  const module = await testing.compile();
  const app = module.createNestApplication<NestFastifyApplication>(createAdapter(), {
    bodyParser: false,
    logger: false,
  });
  configure(app);
  return app;
}

/** Starts an app without a port, and closes it when the test is over. */
export async function started(
  t: ExecutionContext,
  app: NestFastifyApplication,
): Promise<NestFastifyApplication> {
  await app.init();
  t.teardown(() => app.close());
  return app;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, unknown>;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** Sends a request; text goes out as it is, anything else as JSON. */
export async function send(
  app: NestFastifyApplication,
  method: Method,
  url: string,
  body?: unknown,
): Promise<Answer> {
  const response = await app.inject({
    method,
    url,
    ...(body !== undefined && {
      headers: { "content-type": "application/json" },
      payload: typeof body === "string" ? body : JSON.stringify(body),
    }),
  });
  const text = response.body;
  return {
    status: response.statusCode,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

/** The messages of an answer that lists what is wrong. */
export function problemsOf({ body }: Answer): string[] {
  return (body as { problems: { message: string }[] }).problems.map(({ message }) => message);
}

/** A good order, as scenario 1 has it. */
export const order = { user_id: 1, product_name: "Test Product", quantity: 1, total_price: 100 };

/** A good order whose total_price is written exactly so. */
export function orderWithPrice(json: string): string {
  return `{"user_id":1,"product_name":"x","quantity":1,"total_price":${json}}`;
}

import test from "ava";
import { createApp } from "../src/app";
import { nobodyThere, order, problemsOf, send, started } from "./support/app";

test("while MySQL is away, every order request gets 503 and says so", async (t) => {
  const app = await started(t, await createApp(nobodyThere));
  for (const answer of [
    await send(app, "POST", "/api/orders", order),
    await send(app, "GET", "/api/orders"),
    await send(app, "GET", "/api/orders/1"),
    await send(app, "PATCH", "/api/orders/1", { status: "paid" }),
    await send(app, "DELETE", "/api/orders/1"),
    await send(app, "GET", "/health/ready"),
    await send(app, "GET", "/health"),
  ]) {
    t.is(answer.status, 503);
    t.is(answer.headers["retry-after"], "1");
    t.deepEqual(problemsOf(answer), ["MySQL is away: ECONNREFUSED"]);
  }
});

test("while MySQL is away, bad input is still called bad, and the process alive", async (t) => {
  const app = await started(t, await createApp(nobodyThere));
  t.is((await send(app, "POST", "/api/orders", { ...order, quantity: 0 })).status, 400);
  t.deepEqual((await send(app, "GET", "/health/live")).body, { status: "ok" });
});

test("while the warehouse is away, there are no live numbers, and that is what is said", async (t) => {
  const app = await started(t, await createApp(nobodyThere));
  for (const url of ["/api/stats", "/api/arrivals/1"]) {
    const answer = await send(app, "GET", url);
    t.is(answer.status, 503);
    t.deepEqual(problemsOf(answer), ["the warehouse has no numbers right now: ECONNREFUSED"]);
  }
});

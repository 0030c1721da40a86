// The platform service as the page knows it.

/** How long the page waits for an answer. Milliseconds. */
const patience = 15_000;

/**
 * @typedef {{ field: string | null, message: string }} Problem
 * @typedef {{ order_id: number, user_id: number, product_name: string, quantity: number, total_price: string, status: string, created_at: string }} Order
 * @typedef {{ items: Order[], next_before: string | null }} OrderPage
 * @typedef {{ orders: number, revenue: string }} Totals
 * @typedef {Totals & { per_minute: (Totals & { minute: string })[], by_status: (Totals & { status: string })[], top_products: (Totals & { product_name: string, quantity: number })[] }} Stats
 */

/** @type {(text: string) => unknown} */
const parse = JSON.parse;

/** The states of an order. */
export const statuses = ["pending", "paid", "shipped", "delivered", "cancelled"];

/** A request was refused, or nobody answered it; the message says so in plain words. */
export class ApiError extends Error {
  /**
   * @param {Problem[]} problems
   * @param {number} status 0 when there was no answer
   */
  constructor(problems, status) {
    super(problems.map(({ message }) => message).join("; "));
    this.problems = problems;
    this.status = status;
  }
}

/** @param {Record<string, string | number>} order @returns {Promise<Order>} */
export const placeOrder = (order) => request("POST", "/api/orders", order);

/** @param {string | null} before @returns {Promise<OrderPage>} */
export const listOrders = (before) =>
  request("GET", `/api/orders?limit=20${before === null ? "" : `&before=${encodeURIComponent(before)}`}`);

/** @param {number} orderId @param {string} status @returns {Promise<Order>} */
export const changeStatus = (orderId, status) => request("PATCH", `/api/orders/${orderId}`, { status });

/** @param {number} orderId @returns {Promise<void>} */
export const deleteOrder = (orderId) => request("DELETE", `/api/orders/${orderId}`);

/** @returns {Promise<Stats>} */
export const readStats = () => request("GET", "/api/stats");

/** @param {number} orderId @returns {Promise<{ took_ms: number | null }>} */
export const readArrival = (orderId) => request("GET", `/api/arrivals/${orderId}`);

/**
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>} the answer's JSON, if it has any; what it holds is the caller's word
 * @throws {ApiError}
 */
async function request(method, url, body) {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(patience),
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw problem(0, "the page's server cannot be reached");
  });
  const text = await response.text().catch(() => "");
  if (response.ok) return text === "" ? undefined : parse(text);
  throw toError(response.status, text);
}

/**
 * @param {number} status
 * @param {string} text the answer's body: the service's own list, or the proxy's page
 */
function toError(status, text) {
  try {
    const { problems } = /** @type {{ problems: Problem[] }} */ (parse(text));
    return new ApiError(problems, status);
  } catch {
    const away = status === 502 || status === 504;
    return problem(status, away ? "the platform service is away" : `the server answered ${status}`);
  }
}

/** @param {number} status @param {string} message */
function problem(status, message) {
  return new ApiError([{ field: null, message }], status);
}

/**
 * Whatever was thrown, in words.
 * @param {unknown} error
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

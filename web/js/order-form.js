import { ApiError, messageOf, placeOrder, readArrival } from "./api.js";
import { byId, say } from "./dom.js";
import { besideField, formatSeconds, toOrder } from "./format.js";

/** Looks for an order in the warehouse this often, and no longer than that. Milliseconds. */
const lookEvery = 150;
const lookFor = 60_000;

/**
 * The form that places orders.
 * @param {() => void} onPlaced is told after each
 */
export function startOrderForm(onPlaced) {
  const form = byId("order-form", HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void place(form, onPlaced);
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {() => void} onPlaced
 */
async function place(form, onPlaced) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  try {
    const typed = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
    const order = await placeOrder(toOrder(typed));
    showProblems(form, []);
    onPlaced();
    void followToWarehouse(order.order_id);
  } catch (error) {
    showProblems(
      form,
      error instanceof ApiError ? error.problems : [{ field: null, message: messageOf(error) }],
    );
  } finally {
    button.disabled = false;
  }
}

/**
 * Puts each problem beside its field, and the others below the form.
 * @param {HTMLFormElement} form
 * @param {import("./api.js").Problem[]} problems
 */
function showProblems(form, problems) {
  const others = new Set(problems);
  for (const input of form.querySelectorAll("input")) {
    const own = problems.filter(({ field }) => field === input.name);
    own.forEach((problem) => others.delete(problem));
    input.setAttribute("aria-invalid", String(own.length > 0));
    byId(`${input.name}-problem`, HTMLElement).textContent = own.map(besideField).join(". ");
  }
  const rest = [...others].map(besideField).join(". ");
  say(byId("form-problem", HTMLElement), rest && `That did not work. ${rest}.`);
  /** @type {HTMLInputElement | null} */ (form.querySelector("input[aria-invalid=true]"))?.focus();
}

/** The order whose way is shown: the newest one. */
let followed = 0;

/**
 * Says how long an order takes to arrive in the warehouse.
 * @param {number} orderId
 */
async function followToWarehouse(orderId) {
  followed = orderId;
  const place = byId("arrival", HTMLElement);
  const stored = `Order ${orderId} is in MySQL.`;
  say(place, `${stored} On its way to the warehouse …`);
  const until = Date.now() + lookFor;
  let last = "it has not arrived yet";
  while (Date.now() < until && followed === orderId) {
    try {
      const { took_ms } = await readArrival(orderId);
      if (followed !== orderId) return;
      if (took_ms !== null) {
        say(place, `Order ${orderId} was in the warehouse after ${formatSeconds(took_ms)}.`);
        return;
      }
    } catch (error) {
      last = messageOf(error);
      say(place, `${stored} It waits for the warehouse: ${last}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEvery));
  }
  if (followed === orderId) say(place, `${stored} After ${lookFor / 1000} s: ${last}.`);
}

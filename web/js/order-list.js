import { ApiError, changeStatus, deleteOrder, listOrders, messageOf, statuses } from "./api.js";
import { byId, element, repeat, say } from "./dom.js";
import { besideField, formatCount, formatMoney } from "./format.js";

/** Milliseconds between looks at the list. */
const refreshEvery = 2_000;

/**
 * The list of orders, a page at a time, kept up to date.
 * @returns {{ showNewest(): void }}
 */
export function startOrderList() {
  const rows = byId("order-rows", HTMLTableSectionElement);
  const older = byId("older", HTMLButtonElement);
  const newer = byId("newer", HTMLButtonElement);

  /** Where each page up to this one begins; the first begins at the newest. @type {(string | null)[]} */
  let pages = [null];
  /** @type {string | null} */
  let next = null;

  const refresh = repeat(refreshEvery, async () => {
    const shown = pages;
    try {
      const page = await listOrders(shown.at(-1) ?? null);
      if (shown !== pages) return;
      next = page.next_before;
      showRows(rows, page.items, act);
      say(byId("list-problem", HTMLElement), "");
      byId("no-orders", HTMLElement).hidden = page.items.length > 0 || pages.length > 1;
    } catch (error) {
      say(byId("list-problem", HTMLElement), `The list cannot be shown: ${messageOf(error)}.`);
    }
    older.disabled = next === null;
    newer.disabled = pages.length === 1;
    byId("page", HTMLElement).textContent = pages.length === 1 ? "" : `Page ${pages.length}`;
  });

  /** @param {(string | null)[]} to */
  const turn = (to) => {
    pages = to;
    refresh();
  };
  older.addEventListener("click", () => turn([...pages, next]));
  newer.addEventListener("click", () => turn(pages.slice(0, -1)));

  /** Changes an order and looks at the list again; one that is gone already needs no complaint. @type {Act} */
  async function act(change) {
    try {
      await change();
    } catch (error) {
      const gone = error instanceof ApiError && error.status === 404;
      if (!gone) alert(`${besideField({ field: null, message: messageOf(error) })}.`);
    }
    refresh();
  }

  return { showNewest: () => turn([null]) };
}

/** @typedef {(change: () => Promise<unknown>) => Promise<void>} Act */

/**
 * Makes the table show these orders. A row that stays is changed in place, so that an open menu stays open.
 * @param {HTMLTableSectionElement} body
 * @param {import("./api.js").Order[]} orders
 * @param {Act} act
 */
function showRows(body, orders, act) {
  const known = new Map([...body.rows].map((row) => [row.dataset["order"], row]));
  const wanted = orders.map((order) => {
    const row = known.get(String(order.order_id)) ?? newRow(order, act);
    const select = row.querySelector("select");
    if (select && select !== document.activeElement) select.value = order.status;
    return row;
  });
  for (const row of body.rows) if (!wanted.includes(row)) row.remove();
  wanted.forEach((row, i) => {
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null);
  });
}

/**
 * @param {import("./api.js").Order} order
 * @param {Act} act
 */
function newRow(order, act) {
  const id = order.order_id;
  const select = element(
    "select",
    { ariaLabel: `Status of order ${id}` },
    ...statuses.map((status) => element("option", { value: status }, status)),
  );
  select.addEventListener("change", () => {
    const status = select.value;
    select.blur();
    void act(() => changeStatus(id, status));
  });
  const remove = element("button", { type: "button", ariaLabel: `Delete order ${id}` }, "Delete");
  remove.addEventListener("click", () => {
    if (confirm(`Delete order ${id} and its items?`)) void act(() => deleteOrder(id));
  });

  const placed = new Date(order.created_at);
  return element(
    "tr",
    { dataset: { order: String(id) } },
    cell("Order", String(id), "number"),
    cell(
      "Placed",
      element("time", { dateTime: order.created_at, title: order.created_at }, placed.toLocaleString()),
    ),
    cell("User", String(order.user_id), "number"),
    cell("Product", order.product_name, "text"),
    cell("Quantity", formatCount(order.quantity), "number"),
    cell("Total", formatMoney(order.total_price), "number"),
    cell("Status", select),
    cell("Action", remove),
  );
}

/**
 * @param {string} label shown where there is no room for a heading
 * @param {Node | string} content
 */
function cell(label, content, className = "") {
  return element("td", { className, dataset: { label } }, content);
}

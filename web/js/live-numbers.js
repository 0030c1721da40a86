import { messageOf, readStats } from "./api.js";
import { createChart } from "./chart.js";
import { byId, element, repeat, say } from "./dom.js";
import { describeSeries, formatCount, formatMoney, shares, toSeries } from "./format.js";

/** Milliseconds between looks at the numbers. */
const refreshEvery = 1_000;

/** The numbers that come from the warehouse. While it is away the last ones stay, and are called so. */
export function startLiveNumbers() {
  const numbers = byId("numbers", HTMLElement);
  const problem = byId("numbers-problem", HTMLElement);
  const chart = createChart(byId("per-minute", HTMLElement));
  /** @type {Date | undefined} */
  let seen;

  repeat(refreshEvery, async () => {
    try {
      show(await readStats(), chart);
      seen = new Date();
      numbers.classList.remove("old");
      say(problem, "");
    } catch (error) {
      numbers.classList.add("old");
      const since = seen ? `These are from ${seen.toLocaleTimeString()}. ` : "";
      say(problem, `No live numbers right now. ${since}The reason: ${messageOf(error)}.`);
    }
  });
}

/**
 * @param {import("./api.js").Stats} stats
 * @param {import("./chart.js").Chart} chart
 */
function show(stats, chart) {
  byId("orders", HTMLElement).textContent = formatCount(stats.orders);
  byId("revenue", HTMLElement).textContent = formatMoney(stats.revenue);

  const series = toSeries(stats.per_minute, Date.now());
  chart.show(series);
  byId("per-minute-text", HTMLElement).textContent = describeSeries(series[1]);

  showBars("by-status", stats.by_status, ({ status }) => status);
  showBars("top-products", stats.top_products, ({ product_name }) => product_name);
  byId("products", HTMLDataListElement).replaceChildren(
    ...stats.top_products.map(({ product_name }) => element("option", { value: product_name })),
  );
}

/**
 * A table whose rows have a bar for their orders.
 * @template {import("./api.js").Totals} Line
 * @param {string} id
 * @param {Line[]} lines
 * @param {(line: Line) => string} nameOf
 */
function showBars(id, lines, nameOf) {
  const lengths = shares(lines.map(({ orders }) => orders));
  byId(id, HTMLTableSectionElement).replaceChildren(
    ...lines.map((line, i) => {
      const text = nameOf(line);
      const name = element(
        "th",
        { scope: "row" },
        element("span", { className: "short", title: text }, text),
      );
      name.style.setProperty("--share", String(lengths[i]));
      return element(
        "tr",
        {},
        name,
        element("td", { className: "number" }, formatCount(line.orders)),
        element("td", { className: "number" }, formatMoney(line.revenue)),
      );
    }),
  );
}

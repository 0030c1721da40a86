// Pure functions from the API's values to what people read.

/**
 * An exact amount with its thousands apart. Never goes through a float: `Intl` reads decimal text as it is.
 * @param {string} amount e.g. `"1234.50"`
 * @param {string} [locale] defaults to the reader's
 */
export function formatMoney(amount, locale) {
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return format.format(/** @type {Intl.StringNumericLiteral} */ (amount));
}

/**
 * @param {number} count
 * @param {string} [locale] defaults to the reader's
 */
export function formatCount(count, locale) {
  return new Intl.NumberFormat(locale).format(count);
}

/**
 * `412` ms → `0.41 s`, `15300` → `15.3 s`
 * @param {number} milliseconds
 */
export function formatSeconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

/**
 * What an API problem says beside its field, which needs no naming there.
 * @param {{ field: string | null, message: string }} problem
 */
export function besideField({ field, message }) {
  const rest = field !== null && message.startsWith(`${field} `) ? message.slice(field.length + 1) : message;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/**
 * The body of a new order from what was typed. What is not a plain number goes out as text, so that the API, which knows
 * the rules, says what is wrong with it. The price stays text and so stays exact.
 * @param {Record<string, string>} typed by field name
 * @returns {Record<string, string | number>} without the fields that were left empty
 */
export function toOrder(typed) {
  /** @type {Record<string, string | number>} */
  const order = {};
  for (const [field, text] of Object.entries(typed)) {
    const trimmed = text.trim();
    if (trimmed === "") continue;
    if (field === "product_name") order[field] = text;
    else order[field] = field !== "total_price" && /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
  }
  return order;
}

/**
 * The last hour's minutes, each with its orders; those without any are zero, because the API leaves them out.
 * @param {readonly { minute: string, orders: number }[]} minutes
 * @param {number} now milliseconds since 1970
 * @returns {[number[], number[]]} seconds since 1970 and orders, oldest first
 */
export function toSeries(minutes, now) {
  const counts = new Map(minutes.map(({ minute, orders }) => [Date.parse(minute) / 1000, orders]));
  const last = Math.floor(now / 60_000) * 60;
  const times = Array.from({ length: 60 }, (_, i) => last - (59 - i) * 60);
  return [times, times.map((time) => counts.get(time) ?? 0)];
}

/**
 * The chart in words.
 * @param {readonly number[]} counts orders per minute, oldest first
 */
export function describeSeries(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return "No orders in the last hour.";
  return `${formatCount(total)} in the last hour, ${formatCount(Math.max(...counts))} in the busiest minute, ${formatCount(counts.at(-1) ?? 0)} in this one.`;
}

/**
 * Each value's share of the largest, for bars: 0 to 1.
 * @param {readonly number[]} values
 */
export function shares(values) {
  const largest = Math.max(...values, 0);
  return values.map((value) => (largest === 0 ? 0 : value / largest));
}

/** @typedef {{ show(series: [number[], number[]]): void }} Chart */

/** Pixels. */
const height = 160;

/** From 0 to a little above the highest bar. @type {import("uplot").Range.Function} */
const fromZero = (_, __, highest) => [0, Math.max(highest * 1.1, 5)];

/** Half a minute more at both ends, so that no bar is cut. @type {import("uplot").Range.Function} */
const wholeBars = (_, first, last) => [first - 30, last + 30];

/** What the axis may count in: orders are whole. */
const steps = [1, 2, 5]
  .flatMap((step) => [1, 10, 100, 1_000, 10_000].map((scale) => step * scale))
  .sort((a, b) => a - b);

/**
 * A bar per minute, as wide as its place and in the page's colours. Without uPlot the chart is left out; its numbers are
 * also said in words.
 * @param {HTMLElement} place
 * @returns {Chart}
 */
export function createChart(place) {
  const { uPlot } = /** @type {{ uPlot?: typeof import("uplot") }} */ (/** @type {unknown} */ (window));
  if (!uPlot) {
    place.hidden = true;
    return { show() {} };
  }

  /** @type {[number[], number[]]} */
  let shown = [[], []];
  const draw = () => new uPlot(optionsFor(place.clientWidth, uPlot.paths), shown, place);
  let plot = draw();

  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    plot.destroy();
    plot = draw();
  });
  return {
    show(series) {
      shown = series;
      plot.setData(series);
    },
  };
}

/**
 * @param {number} width pixels
 * @param {typeof import("uplot").paths} paths
 * @returns {import("uplot").Options}
 */
function optionsFor(width, paths) {
  const colours = getComputedStyle(document.documentElement);
  const [ink = "", grid = "", accent = ""] = ["--quiet", "--line", "--accent"].map((name) =>
    colours.getPropertyValue(name),
  );
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  const bars = paths.bars?.({ size: [0.7] });
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { range: wholeBars }, y: { range: fromZero } },
    axes: [axis, { ...axis, size: 44, incrs: steps }],
    series: [{}, { stroke: accent, fill: accent, points: { show: false }, ...(bars && { paths: bars }) }],
  };
}

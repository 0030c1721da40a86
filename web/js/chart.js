/** @typedef {{ show(series: [number[], number[]]): void }} Chart */

/** Pixels. */
const height = 160;

/**
 * A bar per minute, as wide as its place and in the page's colours. Without uPlot the chart is left out; its numbers are
 * also said in words.
 * @param {HTMLElement} place
 * @returns {Chart}
 */
export function createChart(place) {
  const { uPlot } = /** @type {{ uPlot?: any }} */ (/** @type {unknown} */ (window));
  if (!uPlot) {
    place.hidden = true;
    return { show() {} };
  }

  /** @type {[number[], number[]]} */
  let shown = [[], []];
  let plot = draw();

  function draw() {
    const colours = getComputedStyle(document.documentElement);
    const [ink, grid, accent] = ["--quiet", "--line", "--accent"].map((name) => colours.getPropertyValue(name));
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
    return new uPlot(
      {
        width: place.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ max) => [0, Math.max(max * 1.1, 5)] } },
        axes: [axis, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000] }],
        series: [{}, { stroke: accent, fill: accent, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7] }) }],
      },
      shown,
      place,
    );
  }

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

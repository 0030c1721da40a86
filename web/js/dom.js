// The few things that the page does to its document. Values only ever become text, never markup.

/**
 * The element with this id, which index.html promises.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} called ${id}`);
  return found;
}

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Omit<HTMLElementTagNameMap[Tag], "dataset">> & { dataset?: Record<string, string> }} properties
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, { dataset = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

/**
 * Shows a text, or hides its place when there is none. Says the same thing only once, for those who listen to the page.
 * @param {HTMLElement} place
 * @param {string} text
 */
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
  if (place.hasAttribute("hidden") !== (text === "")) place.hidden = text === "";
}

/**
 * Runs a task now and again a while after it is done, as long as somebody sees the page.
 * @param {number} pause milliseconds
 * @param {() => Promise<void>} task must handle its own errors
 * @returns {() => void} runs it at once
 */
export function repeat(pause, task) {
  /** @type {number | undefined} */
  let timer;
  let running = false;
  const run = async () => {
    clearTimeout(timer);
    if (running || document.hidden) return;
    running = true;
    await task();
    running = false;
    timer = setTimeout(start, pause);
  };
  const start = () => void run();
  document.addEventListener("visibilitychange", start);
  start();
  return start;
}

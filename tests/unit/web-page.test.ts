import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { projectFolder } from "../../tools/lib/project";

const folder = path.join(projectFolder, "web");
const html = readFileSync(path.join(folder, "index.html"), "utf8");
const scripts = readdirSync(path.join(folder, "js")).map((name) => ({
  name,
  text: readFileSync(path.join(folder, "js", name), "utf8"),
}));

test("the page holds no script and no style of its own, so that it runs under a strict policy", (t) => {
  t.notRegex(html, /<script(?![^>]*\ssrc=)[^>]*>/);
  t.notRegex(html, /<style|\sstyle=|\son[a-z]+=|javascript:/);
});

test("everything the page loads comes from its own server", (t) => {
  const addresses = [...html.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
  t.true(addresses.length > 0);
  for (const address of addresses) t.regex(address, /^\/[a-z]/i);
});

test("values become text, never markup", (t) => {
  for (const { name, text } of scripts) {
    t.notRegex(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/, name);
  }
});

test("every field has a label, and every description that is named is there", (t) => {
  const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  for (const [input] of html.matchAll(/<(?:input|select|textarea)\b[^>]*>/g)) {
    const id = /\sid="([^"]+)"/.exec(input)?.[1] ?? "";
    t.true(html.includes(`<label for="${id}">`), input);
  }
  for (const [, named = ""] of html.matchAll(/\saria-(?:describedby|labelledby)="([^"]+)"/g)) {
    for (const id of named.split(" ")) t.true(ids.has(id), id);
  }
});

test("the page has every element that its scripts ask for", (t) => {
  for (const { name, text } of scripts) {
    for (const [, id = ""] of text.matchAll(/byId\("([^"]+)"/g)) {
      t.true(html.includes(`id="${id}"`), `${name}: ${id}`);
    }
  }
});

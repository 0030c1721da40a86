import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { projectFolder } from "./project";
import { formatDuration } from "./text";

const figuresSchema = z.object({
  /** Row changes per second that the load reached. */
  rate: z.number(),
  /** Row changes made in the source meanwhile. */
  changes: z.number(),
  /** From the end of the fault until a row committed after it was visible in the warehouse. Milliseconds. */
  rowsAfter: z.number(),
  /** From the end of the fault until both jobs ran for good. Milliseconds. */
  jobsAfter: z.number(),
  /** Longest time from a commit in the source until it was visible, the fault's own time among it. Milliseconds. */
  slowest: z.number(),
  /** Committed records of a change that has one already. */
  duplicates: z.number(),
  /** Changes of the source without a committed record; null where a snapshot stands in for some. */
  missing: z.number().nullable(),
  /** Rows that differ between source and warehouse at the end. */
  differences: z.number(),
});

const resultSchema = z.object({
  /** The fault, as a title. */
  fault: z.string(),
  /** Whether its test passed. */
  survived: z.boolean(),
  /** What was measured; missing where the test did not come that far. */
  figures: figuresSchema.optional(),
});

/** What was measured of a fault. */
export type Figures = z.infer<typeof figuresSchema>;

/** How a fault ended. */
export type FaultResult = z.infer<typeof resultSchema>;

/** Results from the file that the fault suite writes: one a line, as JSON. */
export function parseResults(text: string): FaultResult[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => resultSchema.parse(JSON.parse(line)));
}

const begin = "<!-- Written by `make test-faults` with --write-report. -->";
const end = "<!-- End of what it writes. -->";

const head = [
  "Fault",
  "Changes/s",
  "Changes",
  "Rows after",
  "Jobs after",
  "Slowest",
  "Duplicates",
  "Missing",
  "Differences",
  "Survived",
];

/**
 * Puts the results into the table of a page, between its two marks. Rows of faults that were not made this time stay,
 * behind the others: each says of which day it is. Of a fault that comes twice the last result counts. Pure.
 *
 * @param day of the results
 * @param note what else there is to say of the table, as a sentence
 */
export function writeInto(page: string, results: readonly FaultResult[], day: string, note: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks its marks: a line ${begin} and a line ${end}`);
  const rows = new Map(results.map((result) => [result.fault, rowOf(result, day)]));
  const others = rowsIn(page.slice(from, to)).filter(([fault = ""]) => !rows.has(fault));
  const table = tableOf([...rows.values(), ...others]);
  return `${page.slice(0, from)}${begin}\n\n${note}\n\n${table}\n\n${page.slice(to)}`;
}

/** A result as a row of the table. Pure. */
export function rowOf({ fault, survived, figures }: FaultResult, day: string): string[] {
  const measured = figures && [
    String(Math.round(figures.rate)),
    String(figures.changes),
    formatDuration(figures.rowsAfter),
    formatDuration(figures.jobsAfter),
    formatDuration(figures.slowest),
    String(figures.duplicates),
    String(figures.missing ?? "–"),
    String(figures.differences),
  ];
  return [fault, ...(measured ?? head.slice(1, -1).map(() => "–")), `${survived ? "" : "not "}on ${day}`];
}

/** The rows of a table that {@link tableOf} has made. Pure. */
function rowsIn(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => {
    const cells = line.split("|").slice(1, -1);
    // The page may be older than a column.
    return head.map((_, i) => cells[i]?.trim() ?? "–");
  });
}

/** Rows as a table in Markdown, aligned as prettier wants it. Pure. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) =>
    Math.max(...[name, ...rows.map((row) => row[i]!)].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/**
 * Writes what the fault suite left in its file into `docs/faults.md`; nothing where it came to no fault.
 *
 * @param file one result a line, as JSON
 */
export function writeFaultReport(file: string): void {
  const results = existsSync(file) ? parseResults(readFileSync(file, "utf8")) : [];
  if (results.length === 0) return;
  const page = path.join(projectFolder, "docs", "faults.md");
  const memory = Math.round(os.totalmem() / 1024 ** 3);
  const note =
    `Measured on the days that the last column says, the last time on a machine with ${os.availableParallelism()} ` +
    `cores and ${memory} GiB of memory, with whatever else ran on it.`;
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(page, writeInto(readFileSync(page, "utf8"), results, day, note));
}

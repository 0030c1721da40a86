import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { projectFolder } from "./project";
import { formatDuration } from "./text";

const resultSchema = z.object({
  /** The fault, as a title. */
  fault: z.string(),
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

/** What was measured of one fault. */
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

/**
 * Puts the results' table into a page, between its two marks, over the one that is there. Pure.
 *
 * @param measured when and where, as a sentence
 */
export function writeInto(page: string, results: readonly FaultResult[], measured: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks its marks: a line ${begin} and a line ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${measured}\n\n${tableOf(results)}\n\n${page.slice(to)}`;
}

/** Results as a table in Markdown, aligned as prettier wants it. Pure. */
export function tableOf(results: readonly FaultResult[]): string {
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
  ];
  const rows = results.map((result) => [
    result.fault,
    String(Math.round(result.rate)),
    String(result.changes),
    formatDuration(result.rowsAfter),
    formatDuration(result.jobsAfter),
    formatDuration(result.slowest),
    String(result.duplicates),
    String(result.missing ?? "–"),
    String(result.differences),
  ]);
  const widths = head.map((name, i) =>
    Math.max(...[name, ...rows.map((row) => row[i]!)].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** Writes what the fault suite left in its file into `docs/faults.md`. @param file one result a line, as JSON */
export function writeFaultReport(file: string): void {
  const page = path.join(projectFolder, "docs", "faults.md");
  const memory = Math.round(os.totalmem() / 1024 ** 3);
  const measured =
    `Measured on ${new Date().toISOString().slice(0, 10)} on a machine with ${os.availableParallelism()} cores and ` +
    `${memory} GiB of memory, with whatever else ran on it.`;
  writeFileSync(
    page,
    writeInto(readFileSync(page, "utf8"), parseResults(readFileSync(file, "utf8")), measured),
  );
}

import { styleText } from "node:util";

/** Whether people look at what this process writes: decides about colours, live progress and questions. */
export const onTerminal =
  process.stdout.isTTY && process.env["CI"] !== "true" && process.env["TERM"] !== "dumb";

/** Colours a text on a terminal; leaves it alone in files, pipes and under NO_COLOR. */
export function paint(style: "bold" | "dim" | "red" | "green" | "yellow" | "cyan", text: string): string {
  return onTerminal && !process.env["NO_COLOR"] ? styleText(style, text) : text;
}

/** `75400` → `1 min 15 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** `3221225472` → `3.0 GiB`. */
export function formatBytes(bytes: number): string {
  const gibibyte = 1024 ** 3;
  return bytes >= gibibyte ? `${(bytes / gibibyte).toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}

/** Shifts every line to the right. */
export function indent(text: string, by = 2): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}

/** Rows as columns, two spaces between them; each column is as wide as its widest cell. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Control sequences (colours, cursor moves) and carriage returns, gone. */
export function plainText(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/.*\r(?=.)/g, "");
}

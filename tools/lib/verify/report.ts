import { formatTable, indent, paint } from "../text";
import type { WrongSum } from "./analytics";
import type { Column } from "./columns";
import { nameOfKey, type Keyed } from "./keys";
import type { Difference, TableResult } from "./table";
import type { WrongView } from "./views";

/** One differing key, column by column, the two sides beside each other; equal columns too, for they tell which row it is. Pure. */
export function describeDifference({ key, columns }: Keyed, difference: Difference): string {
  const { source, warehouse, fromNowhere } = difference;
  const shown = warehouse.length === 0 ? [undefined] : warehouse.map(({ row }) => row);
  const name = nameOfKey({ key, columns }, difference.key, source ?? warehouse[0]?.row);
  const title = `${key.columns.map((column) => column.name).join(", ")} ${name}: ${kindOf(difference)}`;
  const cells = (column: Column, i: number) => {
    const ours = source ? show(source[i]) : "–";
    const theirs = shown.map((row) => (row ? show(row[i]) : "–"));
    const mark = theirs.some((one) => one !== ours) ? "≠" : "";
    return [column.name, ours, ...theirs, mark];
  };
  const versions = ["_version", "", ...warehouse.map(({ version }) => String(version))];
  const table = formatTable([
    ["", "MySQL", ...shown.map(() => "ClickHouse")],
    ...columns.map(cells),
    ...(warehouse.length > 0 ? [versions] : []),
  ]);
  const note =
    fromNowhere === undefined
      ? ""
      : `\nNo change can have version ${fromNowhere}: it is beyond the end of the binlog, and hides all that follows.`;
  return `${paint("bold", title)}\n${indent(table)}${indent(note)}`;
}

/** What is wrong with a key, in words. Pure. */
export function kindOf({ source, warehouse, fromNowhere }: Difference): string {
  if (fromNowhere !== undefined) return "a version from nowhere";
  if (warehouse.length > 1) return `${warehouse.length} times in ClickHouse`;
  if (!source) return "not in MySQL";
  return warehouse.length === 0 ? "not in ClickHouse" : "not the same";
}

function show(cell: string | null | undefined): string {
  return cell === null || cell === undefined ? "NULL" : JSON.stringify(cell).slice(1, -1);
}

/** A table's result in one line. Pure. */
export function describeTable(
  table: string,
  { rows, differences, unsettled }: TableResult,
  took: string,
): string {
  const count = (number: number, what: string) =>
    `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
  const findings = [
    differences === 0 ? "no difference" : count(differences, "difference"),
    ...(unsettled.length > 0
      ? [`${count(unsettled.length, "key")} never at rest (${unsettled.slice(0, 5).join(", ")})`]
      : []),
  ];
  const good = differences === 0 && unsettled.length === 0;
  return `${paint(good ? "green" : "red", good ? "✔" : "✘")} ${table}: ${count(rows, "row")} in ${took}, ${findings.join(", ")}`;
}

/** A sum that differs from its rows. Pure. */
export function describeWrongSum({ view, group, excess }: WrongSum): string {
  return `${view} ${group.join(" ")}: off by ${excess.join(", ")}`;
}

/** A view that is not as the schema has it. Pure. */
export function describeWrongView({ name, why }: WrongView): string {
  return `${paint("red", "✘")} view ${name} ${why}`;
}

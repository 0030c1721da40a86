import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The settings' defaults as text, from where they stand: `Pulumi.yaml`. */
export function defaultSettings(): Record<string, string> {
  const file = new URL("../../Pulumi.yaml", import.meta.url);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, { default: unknown }> };
  return Object.fromEntries(Object.entries(config).map(([name, setting]) => [name, String(setting.default)]));
}

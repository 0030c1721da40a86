import { readFileSync } from "node:fs";
import { z } from "zod";

/** Everything the service can be told. There is no other source of settings. */
export interface Settings {
  readonly port: number;
  readonly logLevel: LogLevel;
  /** MySQL, where orders live. */
  readonly source: SourceSettings;
  /** ClickHouse, where the live numbers come from. */
  readonly warehouse: WarehouseSettings;
}

export interface SourceSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface WarehouseSettings {
  /** With scheme and port, e.g. `http://clickhouse-server:8123`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

const text = z.string("is missing").trim().min(1, "is empty");

const port = text
  .regex(/^\d{1,5}$/, "must be a port, 1 to 65535")
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535, "must be a port, 1 to 65535");

/** The path of a file; its content, less the line end that editors leave, is the value. */
const secretFile = text.transform((path, context) => {
  try {
    const secret = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    if (secret === "") context.addIssue(`names the file ${path}, which is empty`);
    return secret;
  } catch (error) {
    context.addIssue(`names a file that cannot be read: ${(error as Error).message}`);
    return z.NEVER;
  }
});

const environment = z.object({
  PORT: port.default(3000),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(", ")}`).default("info"),
  MYSQL_HOST: text,
  MYSQL_PORT: port.default(3306),
  MYSQL_USER: text,
  MYSQL_PASSWORD_FILE: secretFile,
  MYSQL_DATABASE: text,
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/, error: "must be a URL like http://host:8123" }),
  CLICKHOUSE_USER: text,
  CLICKHOUSE_PASSWORD_FILE: secretFile,
  CLICKHOUSE_DATABASE: text,
});

/**
 * Reads the settings from environment variables. Passwords come from the files that `…_PASSWORD_FILE` name.
 *
 * @throws Error whose message lists every variable that is missing or wrong, and why
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const result = environment.safeParse(env);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `  ${issue.path.join(".")} ${issue.message}`);
    throw new Error(["The environment is not as the service needs it:", ...problems].join("\n"));
  }
  const values = result.data;
  return {
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    source: {
      host: values.MYSQL_HOST,
      port: values.MYSQL_PORT,
      user: values.MYSQL_USER,
      password: values.MYSQL_PASSWORD_FILE,
      database: values.MYSQL_DATABASE,
    },
    warehouse: {
      url: values.CLICKHOUSE_URL,
      user: values.CLICKHOUSE_USER,
      password: values.CLICKHOUSE_PASSWORD_FILE,
      database: values.CLICKHOUSE_DATABASE,
    },
  };
}

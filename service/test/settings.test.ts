import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { readSettings } from "../src/settings";

const folder = mkdtempSync(path.join(tmpdir(), "settings-"));
const file = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};

const good = {
  MYSQL_HOST: "mysql",
  MYSQL_USER: "platform_api",
  MYSQL_PASSWORD_FILE: file("mysql", "s3 cret\n"),
  MYSQL_DATABASE: "platform",
  CLICKHOUSE_URL: "http://clickhouse-server:8123",
  CLICKHOUSE_USER: "dashboard",
  CLICKHOUSE_PASSWORD_FILE: file("clickhouse", "other"),
  CLICKHOUSE_DATABASE: "platform",
};

test("passwords come from files, the rest has defaults where a default makes sense", (t) => {
  t.deepEqual(readSettings(good), {
    port: 3000,
    logLevel: "info",
    source: { host: "mysql", port: 3306, user: "platform_api", password: "s3 cret", database: "platform" },
    warehouse: {
      url: "http://clickhouse-server:8123",
      user: "dashboard",
      password: "other",
      database: "platform",
    },
  });
});

test("everything that is wrong is in one message", (t) => {
  const { MYSQL_HOST: _, ...rest } = good;
  const error = t.throws(() =>
    readSettings({
      ...rest,
      PORT: "70000",
      LOG_LEVEL: "loud",
      MYSQL_USER: "  ",
      MYSQL_PASSWORD_FILE: "/nowhere/password",
      CLICKHOUSE_URL: "clickhouse",
      CLICKHOUSE_PASSWORD_FILE: file("empty", "\n"),
    }),
  );
  for (const line of [
    /PORT must be a port, 1 to 65535/,
    /LOG_LEVEL must be one of fatal, error, warn, info/,
    /MYSQL_HOST is missing/,
    /MYSQL_USER is empty/,
    /MYSQL_PASSWORD_FILE names a file that cannot be read: .*\/nowhere\/password/,
    /CLICKHOUSE_URL must be a URL like/,
    /CLICKHOUSE_PASSWORD_FILE names the file .*, which is empty/,
  ]) {
    t.regex(error?.message ?? "", line);
  }
});

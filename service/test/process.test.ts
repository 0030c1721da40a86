import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import test, { ExecutionContext } from "ava";

const main = path.join(__dirname, "../src/main.js");
const password = path.join(mkdtempSync(path.join(tmpdir(), "service-")), "password");
writeFileSync(password, "secret-of-the-test");

const environment = {
  PATH: process.env["PATH"],
  MYSQL_HOST: "127.0.0.1",
  MYSQL_PORT: "9",
  MYSQL_USER: "nobody",
  MYSQL_PASSWORD_FILE: password,
  MYSQL_DATABASE: "platform",
  CLICKHOUSE_URL: "http://127.0.0.1:9",
  CLICKHOUSE_USER: "nobody",
  CLICKHOUSE_PASSWORD_FILE: password,
  CLICKHOUSE_DATABASE: "platform",
};

test("a wrong environment ends the process with one list of what is wrong", async (t) => {
  const child = spawn(process.execPath, [main], {
    env: { ...environment, PORT: "x", MYSQL_HOST: undefined },
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  t.is(code, 1);
  t.regex(errors, /PORT must be a port/);
  t.regex(errors, /MYSQL_HOST is missing/);
  t.notRegex(errors, /at .*\.js/);
});

test("it logs JSON lines without secrets, and stops on SIGTERM", async (t) => {
  const port = await freePort();
  const child = spawn(process.execPath, [main], { env: { ...environment, PORT: String(port) } });
  const lines = await linesUntil(t, child, /successfully started/);
  const response = await fetch(`http://127.0.0.1:${port}/api/orders`, {
    headers: { authorization: "Bearer token" },
  });
  t.is(response.status, 503);
  const closed = once(child, "close");
  child.kill("SIGTERM");
  t.deepEqual((await closed) as unknown[], [0, null]);
  t.regex(lines.join("\n"), /"url":"\/api\/orders"/);
  for (const line of lines) {
    t.notThrows(() => JSON.parse(line) as unknown, line);
    t.notRegex(line, /secret-of-the-test|Bearer/);
  }
});

/** Collects the process's lines from now on, and returns when one of them matches. */
async function linesUntil(t: ExecutionContext, child: ChildProcess, pattern: RegExp): Promise<string[]> {
  t.teardown(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  if (!child.stdout) throw new Error("the process has no standard output");
  const reader = createInterface(child.stdout);
  await new Promise<void>((resolve, reject) => {
    reader.on("line", (line) => {
      lines.push(line);
      if (pattern.test(line)) resolve();
    });
    child.once("exit", () => reject(new Error(`the process ended early:\n${lines.join("\n")}`)));
  });
  return lines;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

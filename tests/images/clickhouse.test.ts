import { randomBytes } from "node:crypto";
import net from "node:net";
import test from "ava";
import { ScratchClickHouse } from "../../tools/lib/scratch-clickhouse";
import { eventually } from "../lib/eventually";

let server: ScratchClickHouse;

test.before(async () => {
  server = await ScratchClickHouse.start({
    memory: "1 GB",
    files: {
      "config.d/extra.xml": "<clickhouse><max_concurrent_queries>77</max_concurrent_queries></clickhouse>",
      "users.d/extra.xml":
        "<clickhouse><profiles><default><max_result_rows>1000000</max_result_rows></default></profiles></clickhouse>",
    },
  });
  await asDefault("CREATE DATABASE platform");
});

test.after.always(() => server?.remove());

/** Runs a query as the user who may do everything, which is possible from inside the container only. */
async function asDefault(query: string, input = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await server.exec(
    ["clickhouse-client", "--user", "default", "--password", "", "--database", "default", "--query", query],
    input,
  );
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** Runs a query as the container's own client does without arguments: as `reader`. */
function asReader(query: string) {
  return server.exec(["clickhouse-client", "--query", query]);
}

test.serial("it runs as the official image's user, and has bash", async (t) => {
  const { stdout } = await server.exec(["bash", "-c", "id -u; id -g"]);
  t.is(stdout, "101\n101");
});

test.serial("files in config.d and users.d are merged into its configuration", async (t) => {
  const setting = await asDefault(
    "SELECT value FROM system.server_settings WHERE name = 'max_concurrent_queries'",
  );
  t.is(setting, "77");
  t.is(await asDefault("SELECT getSetting('max_result_rows')"), "1000000");
});

test.serial("the native protocol answers a hello with a hello", async (t) => {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const { user, password } = server.credentials("reader");
  // Packet 0 of a client of version 1.1 with revision 54032, the oldest that servers still speak.
  const hello = Buffer.concat([
    ...[Buffer.from([0]), text("test"), Buffer.from([1, 1, 0x90, 0xa6, 0x03])],
    ...[text("platform"), text(user), text(password)],
  ]);
  const answer = await talk(9000, hello);
  t.is(answer[0], 0, answer.toString("latin1"));
  t.regex(answer.toString("latin1"), /ClickHouse/);
});

test.serial("the user without a password is refused from outside", async (t) => {
  const response = await fetch(`${server.url}/?query=SELECT+1`);
  t.false(response.ok);
  t.regex(await response.text(), /default: Authentication failed/);
});

test.serial("a wrong password is refused", async (t) => {
  const response = await fetch(`${server.url}/?query=SELECT+1`, {
    headers: { "X-ClickHouse-User": "reader", "X-ClickHouse-Key": "wrong" },
  });
  t.false(response.ok);
  t.regex(await response.text(), /reader: Authentication failed/);
});

test.serial("a user of users.d may do what is granted, and nothing else", async (t) => {
  await asDefault("CREATE TABLE platform.granted (n UInt8) ENGINE = MergeTree ORDER BY n");
  await asDefault("CREATE TABLE default.hidden (n UInt8) ENGINE = MergeTree ORDER BY n");
  const sync = server.client("sync");
  await sync.insert({ table: "granted", values: [{ n: 1 }], format: "JSONEachRow" });

  t.is((await asReader("SELECT n FROM granted")).stdout, "1");
  t.regex((await asReader("INSERT INTO granted VALUES (2)")).stderr, /readonly mode|Not enough privileges/);
  t.regex((await asReader("DROP TABLE granted")).stderr, /readonly mode|Not enough privileges/);
  t.regex((await asReader("SELECT n FROM default.hidden")).stderr, /Not enough privileges/);
  await t.throwsAsync(sync.command({ query: "DROP TABLE granted" }), { message: /Not enough privileges/ });
});

test.serial("the client prints tab-separated rows, and other formats when told", async (t) => {
  t.is((await asReader("SELECT 1, 'a\tb', NULL")).stdout, "1\ta\\tb\t\\N");
  const { stdout } = await server.exec([
    "clickhouse-client",
    "-q",
    "SELECT 1 AS n",
    "--format",
    "JSONEachRow",
  ]);
  t.is(stdout, '{"n":1}');
  t.is((await asReader("SELECT 1 AS n FORMAT CSVWithNames")).stdout, '"n"\n1');
});

test.serial("the client takes several statements, from the query or from standard input", async (t) => {
  const statements = "SELECT ';' AS a; -- one; more\nSELECT 2;\n";
  t.is((await asReader(statements)).stdout, ";\n2");
  const { stdout } = await server.exec(["clickhouse-client", "--multiquery"], statements);
  t.is(stdout, ";\n2");
});

test.serial("the client inserts what comes on standard input", async (t) => {
  await asDefault("CREATE TABLE default.loaded (n UInt64, name String) ENGINE = MergeTree ORDER BY n");
  const rows = Array.from({ length: 50_000 }, (_, n) => `${n},"name ${n}"`).join("\n");
  await asDefault("INSERT INTO loaded FORMAT CSV", rows);
  t.is(await asDefault("SELECT count(), max(name) FROM loaded"), "50000\tname 9999");
});

test.serial("the client ends with an error's text and a code other than 0", async (t) => {
  const { exitCode, stdout, stderr } = await asReader("SELECT nonsense");
  t.not(exitCode, 0);
  t.is(stdout, "");
  t.regex(stderr, /nonsense.*UNKNOWN_IDENTIFIER/s);
});

test.serial("malformed clients harm nobody", async (t) => {
  const started = await asDefault("SELECT toUnixTimestamp(now()) - uptime()");
  const garbage: Buffer[] = [
    Buffer.from("\n"),
    Buffer.from("GET"),
    Buffer.from("GET / HTTP/9.9\r\n\r\n"),
    Buffer.from("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\nSELECT 1"),
    Buffer.from("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nSELECT"),
    Buffer.from("POST /?query=INSERT HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n"),
    Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"),
    Buffer.alloc(0),
    ...Array.from({ length: 20 }, (_, index) => randomBytes(1 + index * 50)),
  ];
  for (const bytes of garbage) {
    await talk(8123, bytes);
    await talk(9000, bytes);
  }
  t.is(await asDefault("SELECT 1"), "1");
  const now = await asDefault("SELECT toUnixTimestamp(now()) - uptime()");
  t.true(Math.abs(Number(now) - Number(started)) <= 1, "it is still the same process");
});

test.serial("a query that needs more memory than there is fails, and the server goes on", async (t) => {
  const { stderr } = await asReader(
    "SELECT length(groupArray(toString(number))) FROM numbers(100000000) SETTINGS max_bytes_before_external_group_by = 0",
  );
  t.regex(stderr, /MEMORY_LIMIT_EXCEEDED/);
  t.is((await asReader("SELECT 1")).stdout, "1");
});

test.serial("an orderly stop keeps everything, also the server's own tables", async (t) => {
  const logged =
    "SELECT count() FROM system.query_log WHERE query LIKE '%a query to remember%' AND type = 'QueryFinish'";
  await asDefault("SELECT 'a query to remember'");
  await asDefault("SYSTEM FLUSH LOGS");
  const before = Number(await asDefault(logged));
  t.true(before > 0);

  const exitCode = await server.stop();
  t.true(exitCode === 0 || exitCode === 143, `exit code ${exitCode}: it ended by itself`);
  await server.startAgain();

  t.is(await asDefault("SELECT count() FROM default.loaded"), "50000");
  t.true(Number(await asDefault(logged)) >= before);
  await asDefault("SELECT 'a query to remember', 2");
  await asDefault("SYSTEM FLUSH LOGS");
  t.true(Number(await asDefault(logged)) > before, "the log goes on after a restart");
});

test.serial("a crash under load loses no acknowledged row", async (t) => {
  await asDefault("CREATE TABLE platform.durable (n UInt64) ENGINE = MergeTree ORDER BY n");
  let acknowledged = 0;
  let crashed = false;
  const load = (async () => {
    const sync = server.client("sync");
    for (;;) {
      const values = Array.from({ length: 100 }, (_, index) => ({ n: acknowledged + index }));
      try {
        await sync.insert({ table: "durable", values, format: "JSONEachRow" });
        acknowledged += values.length;
      } catch (error) {
        if (crashed) return;
        throw error;
      }
    }
  })();
  await eventually(
    "some inserts are acknowledged",
    async () => {
      if (acknowledged < 2_000) throw new Error(`${acknowledged} rows`);
    },
    { timeout: 60_000 },
  );
  crashed = true;
  await server.crash();
  await load;
  t.is(
    await asDefault(`SELECT count(DISTINCT n) FROM platform.durable WHERE n < ${acknowledged}`),
    String(acknowledged),
  );
});

/** Sends bytes, half-closes, and gives what comes back until the server hangs up or two seconds are over. */
function talk(port: 8123 | 9000, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = net.connect(server.port(port), "127.0.0.1", () => socket.end(bytes));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", (data) => received.push(data));
    // The server may well reset such a connection.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(Buffer.concat(received)));
  });
}

import test from "ava";
import { Container, imageUnderTest } from "./support/container";

const image = imageUnderTest("platform-api");

test("the built service runs as an ordinary user, lives without its servers, and stops cleanly", async (t) => {
  const service = await Container.start(t, {
    image,
    user: 1000,
    env: {
      PORT: "3000",
      MYSQL_HOST: "127.0.0.1",
      MYSQL_PORT: "1",
      MYSQL_USER: "platform_api",
      MYSQL_PASSWORD_FILE: "/run/mysql",
      MYSQL_DATABASE: "platform",
      CLICKHOUSE_URL: "http://127.0.0.1:1",
      CLICKHOUSE_USER: "dashboard",
      CLICKHOUSE_PASSWORD_FILE: "/run/clickhouse",
      CLICKHOUSE_DATABASE: "platform",
    },
    files: { "/run/mysql": "x", "/run/clickhouse": "y" },
    publish: [3000],
  });
  const url = `http://127.0.0.1:${await service.publishedPort(3000)}`;
  await service.listens(3000);
  t.is(await statusOf(`${url}/health/live`), 200);
  t.is(await statusOf(`${url}/health/ready`), 503);

  t.is(await service.exec("id", "-u"), "1000");
  t.regex(await service.exec("node", "--version"), /^v24\./);
  t.is(
    await service.bash("ls /app/node_modules | grep -c '^typescript$' || true"),
    "0",
    "no build tools in it",
  );
  t.is(await service.stop(), 0);
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  // A body that nobody reads keeps the next request waiting.
  await response.text();
  return response.status;
}

test("it does not start without its settings, and names all of them", async (t) => {
  const { exitCode, output } = await Container.run(t, { image, user: 1000 });
  t.not(exitCode, 0);
  for (const name of ["MYSQL_HOST", "MYSQL_PASSWORD_FILE", "CLICKHOUSE_URL"])
    t.regex(output, new RegExp(name));
});

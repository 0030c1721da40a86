import { gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { eventually } from "../lib/eventually";
import {
  Container,
  createVolume,
  imageSource,
  imageUnderTest,
  type ContainerOptions,
} from "./support/container";

const image = imageUnderTest("mysql");

/** All that shells, option files and SQL read in a way of their own. */
const password = `p'a"s\\s w$(o)rd\`#`;

/** Root over TCP, the password from where the container has it. */
const query = (sql: string) =>
  `MYSQL_PWD="$(cat /run/password)" mysql --protocol=tcp --host=127.0.0.1 --user=root --batch --skip-column-names -e "${sql}"`;

async function startMySql(t: ExecutionContext, options: Partial<ContainerOptions> = {}): Promise<Container> {
  const mysql = await Container.start(t, {
    image,
    user: 999,
    ...options,
    env: { MYSQL_ROOT_PASSWORD_FILE: "/run/password", ...options.env },
    files: { "/run/password": `${password}\n`, ...options.files },
  });
  await ready(mysql);
  return mysql;
}

/** As the stack's health check asks. */
async function ready(mysql: Container) {
  await eventually(
    "MySQL answers over TCP",
    () =>
      mysql.bash(
        'MYSQL_PWD="$(cat /run/password)" mysqladmin --protocol=tcp --host=127.0.0.1 --user=root ping',
      ),
    { timeout: 120_000, interval: 250 },
  );
}

test("an empty data folder is set up from passwords in files and from the init folder, before TCP is open", async (t) => {
  const mysql = await startMySql(t, {
    env: { MYSQL_DATABASE: "shop", MYSQL_USER: "clerk", MYSQL_PASSWORD_FILE: "/run/clerk" },
    command: ["--max-connections=77"],
    files: {
      "/run/clerk": "clerk's",
      "/etc/mysql/conf.d/test.cnf":
        "[mysqld]\nserver_id=42\ngtid_mode=ON\nenforce_gtid_consistency=ON\nbinlog_row_image=FULL\n",
      "/docker-entrypoint-initdb.d/1.sql": "CREATE TABLE seen (what VARCHAR(50));",
      "/docker-entrypoint-initdb.d/2.sh": [
        "if mysqladmin --protocol=tcp --host=127.0.0.1 ping; then tcp=open; else tcp=closed; fi",
        `MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql --user=root shop -e "INSERT INTO seen VALUES ('$tcp')"`,
      ].join("\n"),
      "/docker-entrypoint-initdb.d/3.sql.gz": gzipSync("INSERT INTO seen VALUES ('zipped');"),
      "/docker-entrypoint-initdb.d/notes.txt": "not for MySQL",
    },
  });

  t.is(await mysql.bash(query("SELECT what FROM shop.seen")), "closed\nzipped");
  t.is(
    await mysql.bash(query("SELECT @@server_id, @@max_connections, @@gtid_mode, @@datadir, @@port")),
    "42\t77\tON\t/var/lib/mysql/\t3306",
  );
  t.is(await mysql.bash("MYSQL_PWD=\"clerk's\" mysql --user=clerk shop -e 'SELECT 1' --batch -N"), "1");
  t.is(
    await mysql.bash(query("SELECT CONVERT_TZ('2025-07-01 12:00:00', 'UTC', 'Asia/Seoul')")),
    "2025-07-01 21:00:00",
  );
  t.is(await mysql.exec("id", "-u"), "999");
  t.is(await mysql.bash("tr '\\0' '\\n' </proc/1/environ | grep -c '^MYSQL_.*PASSWORD=.' || true"), "0");
});

test("only the 9.7 series, and other commands run as they are", async (t) => {
  const version = await Container.run(t, { image, user: 999, command: ["mysqld", "--version"] });
  t.regex(version.output, / Ver 9\.7\./);
  const other = await Container.run(t, { image, user: 999, command: ["bash", "-c", "echo as it is"] });
  t.deepEqual(other, { exitCode: 0, output: "as it is" });
});

test("it stops cleanly, and another container goes on with the same data", async (t) => {
  const volumes = { [await createVolume(t)]: "/var/lib/mysql" };
  const first = await startMySql(t, { volumes });
  await first.bash(
    query(
      "CREATE DATABASE kept; CREATE TABLE kept.rows_ (id INT PRIMARY KEY); INSERT INTO kept.rows_ VALUES (1)",
    ),
  );
  t.is(await first.stop(), 0);
  t.regex(await first.logs(), /Shutdown complete/);

  // No password is needed for data that is there.
  const second = await startMySql(t, { volumes, env: { MYSQL_ROOT_PASSWORD_FILE: "" } });
  t.is(await second.bash(query("SELECT id FROM kept.rows_")), "1");
});

test("without a password for root it does not start, and says which variable to set", async (t) => {
  const { exitCode, output } = await Container.run(t, { image, user: 999 });
  t.is(exitCode, 1);
  t.regex(output, /MYSQL_ROOT_PASSWORD/);
});

test("a password and a file with a password contradict each other", async (t) => {
  const { exitCode, output } = await Container.run(t, {
    image,
    user: 999,
    env: { MYSQL_ROOT_PASSWORD: "one", MYSQL_ROOT_PASSWORD_FILE: "/run/password" },
    files: { "/run/password": "two" },
  });
  t.is(exitCode, 1);
  t.regex(output, /MYSQL_ROOT_PASSWORD and MYSQL_ROOT_PASSWORD_FILE|[Bb]oth/);
});

// The official image keeps what an interrupted set-up left, and serves it.
if (imageSource === "packages") {
  test("a set-up that broke off starts over, and is never served", async (t) => {
    const volumes = { [await createVolume(t)]: "/var/lib/mysql" };
    const broken = await Container.run(t, {
      image,
      user: 999,
      env: { MYSQL_ROOT_PASSWORD: "x" },
      volumes,
      files: { "/docker-entrypoint-initdb.d/1.sql": "CREATE DATABASE half; SELECT nonsense;" },
    });
    t.not(broken.exitCode, 0);
    t.regex(broken.output, /Unknown column 'nonsense'/);

    const mysql = await startMySql(t, { volumes });
    t.is(await mysql.bash(query("SHOW DATABASES LIKE 'half'")), "");
    t.regex(await mysql.logs(), /an earlier set-up broke off: starting over/);
  });
}

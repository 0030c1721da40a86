import test from "ava";
import { homeLabel, stackLabel } from "../../components/stack";
import { unreachable, type Engine } from "../../tools/lib/docker";
import { installRemedy, isDebian, startRemedy, type Host } from "../../tools/lib/docker-engine";
import {
  describeMissing,
  diskNeed,
  isAtLeast,
  judgeClock,
  judgeDisk,
  judgeEngine,
  judgeFolder,
  judgeForeign,
  judgeLeftovers,
  judgeMemory,
  memoryNeed,
  takenPort,
} from "../../tools/lib/doctor";
import { parseListeningSockets } from "../../tools/lib/ports";
import { projectFolder } from "../../tools/lib/project";

const server: Host = { root: true, debian: true, systemd: true, daemon: true, remote: undefined };
const laptop: Host = { root: false, debian: true, systemd: true, daemon: true, remote: undefined };
const running: Engine = {
  state: "running",
  version: "20.10.24",
  apiVersion: "1.41",
  os: "linux",
  architecture: "amd64",
};

function meminfo(availableBytes: number): string {
  return `MemTotal:       24684412 kB\nMemFree:         1000000 kB\nMemAvailable:   ${availableBytes / 1024} kB\n`;
}

test("enough memory is good, little is a warning, too little is missing", (t) => {
  t.is(judgeMemory(meminfo(memoryNeed.comfortable)).state, "good");
  t.is(judgeMemory(meminfo(memoryNeed.least)).state, "warning");
  const missing = judgeMemory(meminfo(memoryNeed.least - 1024 ** 2));
  t.is(missing.state, "missing");
  t.regex(missing.what, /4\.0 GiB available; a stack wants 6\.0 GiB/);
  t.truthy(missing.remedy);
});

test("a system without /proc/meminfo is no reason to stop", (t) => {
  t.is(judgeMemory(undefined).state, "warning");
});

test("what is already built needs less disk", (t) => {
  t.is(judgeDisk("/", diskNeed.firstRun, false).state, "good");
  t.is(judgeDisk("/", diskNeed.least, false).state, "warning");
  t.is(judgeDisk("/", diskNeed.least, true).state, "good");
  t.is(judgeDisk("/", diskNeed.least - 1, true).state, "missing");
});

test("Docker that root can install or start is no obstacle to root", (t) => {
  t.is(judgeEngine({ state: "absent" }, server).state, "soon");
  t.is(judgeEngine({ state: "stopped", reason: "no answer" }, server).state, "soon");
});

test("a docker command without a daemon that root could start is taken for what it is: no engine", (t) => {
  const client = { ...server, daemon: false };
  const stopped: Engine = { state: "stopped", reason: "no such file" };
  t.regex(judgeEngine(stopped, client).what, /not installed; `make up` installs it/);
  t.is(judgeEngine(stopped, { ...client, debian: false }).state, "missing");
  t.regex(judgeEngine(stopped, { ...laptop, daemon: false }).what, /does not answer/);
});

test("others are told how to install, start and use Docker", (t) => {
  const absent = judgeEngine({ state: "absent" }, laptop);
  t.is(absent.state, "missing");
  t.regex(absent.remedy ?? "", /apt-get install docker\.io/);
  const stopped = judgeEngine({ state: "stopped", reason: "connection refused" }, laptop);
  t.regex(stopped.what, /connection refused/);
  t.regex(stopped.remedy ?? "", /systemctl start docker/);
  const denied = judgeEngine({ state: "denied", reason: "permission denied" }, laptop);
  t.regex(denied.remedy ?? "", /usermod -aG docker/);
});

test("nothing is installed on systems whose packages we do not know", (t) => {
  const fedora = { ...server, debian: false };
  t.is(judgeEngine({ state: "absent" }, fedora).state, "missing");
  t.regex(installRemedy(fedora), /docs\.docker\.com/);
});

test("a Docker that DOCKER_HOST names is not started from here", (t) => {
  const remote = { ...server, remote: "unix:///run/other.sock" };
  t.is(judgeEngine({ state: "stopped", reason: "no answer" }, remote).state, "missing");
  t.regex(startRemedy(remote), /unset DOCKER_HOST/);
});

test("a Docker of another machine, of Windows or too old is refused", (t) => {
  t.is(judgeEngine(running, server).state, "good");
  t.regex(judgeEngine(running, { ...server, remote: "tcp://10.0.0.1:2375" }).what, /another machine/);
  t.regex(judgeEngine({ ...running, os: "windows" }, server).what, /windows containers/);
  t.regex(judgeEngine({ ...running, apiVersion: "1.40" }, server).what, /too old/);
});

test("a daemon that refuses the user is told from one that is not there", (t) => {
  t.is(unreachable("permission denied while trying to connect to the Docker daemon socket").state, "denied");
  t.is(unreachable("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.").state, "stopped");
});

test("versions are compared number by number", (t) => {
  t.true(isAtLeast("1.100", "1.41"));
  t.true(isAtLeast("1.41", "1.41"));
  t.true(isAtLeast("2.0", "1.41"));
  t.false(isAtLeast("1.9", "1.41"));
  t.false(isAtLeast("1", "1.41"));
});

test("Debian and its kin are known by their os-release", (t) => {
  t.true(isDebian('PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n'));
  t.true(isDebian("ID=ubuntu\nID_LIKE=debian\n"));
  t.true(isDebian('ID=linuxmint\nID_LIKE="ubuntu debian"\n'));
  t.false(isDebian('NAME="debian like nothing"\nID=fedora\n'));
});

test("a checkout of somebody else's is named", (t) => {
  t.is(judgeFolder("/home/ann/tributary", 1000, 1000).state, "good");
  t.is(judgeFolder("/home/ann/tributary", 1000, 0).state, "warning");
  t.is(judgeFolder("/home/ann/tributary", 0, 1000).state, "missing");
  t.is(judgeFolder("/home/ann/a:b", 1000, 1000).state, "missing");
});

test("a clock before the newest commit is wrong", (t) => {
  const commit = Date.UTC(2026, 0, 10);
  t.deepEqual(judgeClock(Date.UTC(2026, 0, 11), commit), []);
  t.deepEqual(judgeClock(Date.UTC(2026, 0, 11), undefined), []);
  t.is(judgeClock(Date.UTC(1970, 0, 1), commit)[0]?.state, "missing");
});

test("sockets that listen are found in the kernel's table, others are not", (t) => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 4711 1 0
   1: 0100007F:1F90 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
`;
  t.deepEqual([...parseListeningSockets(table)], [[3306, "4711"]]);
});

test("a taken port is told with who holds it and what to do", (t) => {
  t.regex(
    takenPort("local", 3306, "mysql", undefined, { pid: 7, command: "mysqld" }).what,
    /3306 \(mysql\).*mysqld \(process 7\)/,
  );
  t.regex(takenPort("local", 3306, "mysql", { name: "db" }, undefined).remedy ?? "", /docker stop db/);
  t.regex(
    takenPort("demo", 3306, "mysql", undefined, undefined).remedy ?? "",
    /config set portOffset 1000 -s demo/,
  );
});

const settings = { prefix: "", taskManagers: 1 };
const nothing = { containers: [], networks: [], volumes: [] };

function volume(name: string, labels: Record<string, string> = {}) {
  return { id: name, name, labels };
}

test("what has our names but not our labels is foreign; builders' caches and other names are not", (t) => {
  const ours = { [stackLabel]: "local", [homeLabel]: projectFolder };
  const volumes = [
    volume("tributary-mysql-data", ours),
    volume("tributary-kafka-data", { ...ours, [homeLabel]: "/elsewhere" }),
    volume("tributary-flink-data"),
    volume("tributary-cache-go"),
    volume("somebody-else"),
  ];
  const findings = judgeForeign(
    "local",
    settings,
    { ...nothing, volumes },
    (folder) => folder === "/elsewhere",
  );
  t.is(findings.length, 2);
  t.regex(findings[0]?.what ?? "", /tributary-kafka-data.*belongs to the checkout \/elsewhere/);
  t.regex(findings[0]?.remedy ?? "", /`make down` in \/elsewhere/);
  t.regex(findings[1]?.remedy ?? "", /docker volume rm tributary-flink-data/);
});

test("things of a checkout that is gone are nobody's", (t) => {
  const volumes = [volume("tributary-mysql-data", { [stackLabel]: "local", [homeLabel]: "/gone" })];
  const [finding] = judgeForeign("local", settings, { ...nothing, volumes }, () => false);
  t.regex(finding?.remedy ?? "", /docker volume rm tributary-mysql-data/);
});

test("things whose passwords are lost have to go first", (t) => {
  const owned = { ...nothing, volumes: [volume("tributary-mysql-data")] };
  t.regex(judgeLeftovers("demo", owned, false)[0]?.remedy ?? "", /make down STACK=demo/);
  t.deepEqual(judgeLeftovers("demo", owned, true), []);
  t.deepEqual(judgeLeftovers("demo", nothing, false), []);
});

test("all that is missing is told at once, each with its remedy", (t) => {
  const text = describeMissing([
    { about: "memory", state: "missing", what: "too little", remedy: "Close programs." },
    { about: "disk", state: "warning", what: "a little" },
    { about: "ports", state: "missing", what: "3306 is taken", remedy: "Stop it." },
  ]);
  t.is(text, "memory: too little\n    Close programs.\nports: 3306 is taken\n    Stop it.");
});

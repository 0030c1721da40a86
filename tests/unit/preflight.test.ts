import test from "ava";
import { describeFullDisk, onlyThoseOf, parseListeningPorts } from "../../components/preflight";

test("a disk that is nearly full is refused, with how much must be free", (t) => {
  t.deepEqual(describeFullDisk("/var/lib/docker", 2 * 1024 ** 3), []);
  const [problem] = describeFullDisk("/var/lib/docker", 2 * 1024 ** 3 - 1);
  t.regex(problem!, /only 2047 MB are free in \/var\/lib\/docker.*free at least 2048 MB/);
});

test("listening ports are read from the system's own table", (t) => {
  const table = [
    "  sl  local_address rem_address   st",
    "   0: 0100007F:1F90 00000000:0000 0A",
    "   1: 0100007F:0BB8 00000000:0000 01",
  ].join("\n");
  t.deepEqual(parseListeningPorts(table), [8080]);
});

test("what another checkout's stack of the same name publishes is not this stack's", (t) => {
  const stack = { name: "local", prefix: "", portOffset: 0 };
  t.deepEqual(onlyThoseOf(stack, "/home/one"), [
    ...["--filter", "label=io.tributary.stack=local"],
    ...["--filter", "label=io.tributary.home=/home/one"],
  ]);
});

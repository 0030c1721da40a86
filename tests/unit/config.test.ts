import { readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { parse } from "yaml";
import { parseSettings, SettingsError } from "../../components/config";
import { defaultSettings } from "../lib/defaults";

function settingsWith(changes: Record<string, string>) {
  const raw = { ...defaultSettings(), ...changes };
  return parseSettings((name) => raw[name]);
}

function problemsWith(t: ExecutionContext, changes: Record<string, string>): string {
  return t.throws(() => settingsWith(changes), { instanceOf: SettingsError }).message;
}

test("the defaults of Pulumi.yaml are accepted", (t) => {
  const settings = settingsWith({});
  t.is(settings.partitions, 3);
  t.is(settings.retention, "7 days");
  t.is(settings.prefix, "");
  t.is(settings.images, "auto");
});

test("every declared setting has a type, a default and a description, and is read", (t) => {
  const file = new URL("../../Pulumi.yaml", import.meta.url);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, Record<string, unknown>> };
  for (const [name, declared] of Object.entries(config)) {
    t.deepEqual(Object.keys(declared), ["type", "default", "description"], name);
  }
  t.deepEqual(Object.keys(settingsWith({})).sort(), Object.keys(config).sort());
});

const refused = test.macro({
  exec: (t, name: string, value: string, reason: RegExp) => {
    const message = problemsWith(t, { [name]: value });
    t.regex(message, new RegExp(`- ${name}: "${value}" `));
    t.regex(message, reason);
  },
  title: (_, name, value) => `${name} = "${value}" is refused`,
});
test(refused, "partitions", "0", /must be a whole number from 1 to 64/);
test(refused, "partitions", "three", /whole number/);
test(refused, "images", "docker.io", /write registry, packages or auto/);
test(refused, "prefix", "Test_", /lower-case letters/);
test(refused, "portOffset", "-1", /from 0 to 50000/);
test(refused, "portOffset", "2000", /port 10080, which browsers refuse/);
test(refused, "portOffset", "3000", /port 6000, which browsers refuse/);
test(refused, "retention", "7", /"7 days"/);
test(refused, "captureCheckpoint", "5 ms", /must be from 100 ms to 30 minutes/);
test(refused, "epoch", "2048", /from 0 to 2047/);
test(refused, "mysqlMemory", "64 MB", /at least 768 MB/);
test(refused, "parallelism", "2", /needs 4 slots \(two jobs of 2\), but there are 2/);

test("parallelism is accepted with enough slots", (t) => {
  t.is(settingsWith({ parallelism: "2", taskManagers: "2" }).parallelism, 2);
});

test("all problems come in one message", (t) => {
  const message = problemsWith(t, { partitions: "0", images: "nowhere", retention: "ever" });
  for (const name of ["partitions", "images", "retention"]) t.regex(message, new RegExp(`- ${name}: `));
});

test("a setting that is not set is named", (t) => {
  const { message } = t.throws(() => parseSettings(() => undefined), { instanceOf: SettingsError });
  t.regex(message, /- partitions: is not set/);
});

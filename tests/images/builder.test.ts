import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import type { BuilderTool } from "../../images/catalog";
import { runInBuilder } from "../../tools/lib/builder";

/** What each kind of build can count on, as a check that fails without it. */
const promises: Record<BuilderTool, string> = {
  go: "go version | grep -E 'go1\\.(25\\.(1[1-9]|[2-9][0-9])|2[6-9]|[3-9][0-9])' ",
  java: "mvn --version | grep 'Java version: 17'",
  node: "node --version | grep '^v24' && npm --version",
  c: "echo 'int main(void) { return 0; }' >/tmp/a.c && gcc -o /tmp/a /tmp/a.c && /tmp/a",
};

const builds = test.macro({
  title: (_, tool: BuilderTool) => `a builder container can build ${tool}, as the host's user`,
  exec: async (t, tool: BuilderTool) => {
    const folder = await mkdtemp(path.join(tmpdir(), "tributary-test-"));
    t.teardown(() => rm(folder, { recursive: true }));
    const log = path.join(folder, "logs", "build.log");
    await runInBuilder({
      tool,
      command: ["bash", "-euc", `${promises[tool]}; touch made; stat --format %u made`],
      workdir: "/work",
      mounts: [{ source: folder, target: "/work" }],
      log,
    });
    t.is((await readFile(log, "utf8")).trim().split("\n").at(-1), String(process.getuid?.()));
  },
});

for (const tool of ["go", "java", "node", "c"] as const) test(builds, tool);

test("a build that fails says with which command, and ends with its last lines", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "tributary-test-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const error = await t.throwsAsync(
    runInBuilder({
      tool: "c",
      command: ["bash", "-c", "echo the reason >&2; exit 3"],
      workdir: "/tmp",
      mounts: [],
      log: path.join(folder, "build.log"),
    }),
  );
  t.regex(error.message, /exit code 3.*the reason/s);
});

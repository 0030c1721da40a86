import { readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { execa, ExecaError } from "execa";
import { currentJobsFolder, jarNames } from "../../components/job-jars";
import { readJob } from "../../tools/lib/flink";
import { publish } from "../../tools/lib/jobs";
import { projectFolder } from "../../tools/lib/project";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { flink, jobResource } from "../lib/jobs";
import { makeUp } from "../lib/servers";
import { forgetOutputs, inContainer, pulumi, stackName, stackOutputs } from "../lib/stack";

/** Brings the stack to its settings, after a look at what has become of it. */
async function repair(): Promise<void> {
  await pulumi("up", "--yes", "--skip-preview", "--refresh");
  forgetOutputs();
}

for (const job of ["capture", "sync"] as const) {
  test(`${job} cancelled by hand, then \`pulumi refresh\` and \`up\``, async (t) => {
    const { [`${job}JobId` as const]: before } = await stackOutputs();
    await survive(t, {
      inject: async () => {
        await inContainer("flink-jobmanager", "flink", "cancel", before);
        t.regex(await pulumi("refresh", "--yes", "--skip-preview"), /FlinkJob .*updated/);
        await repair();
      },
    });
    const { outputs } = await jobResource(job);
    t.regex(
      outputs.restoredFrom,
      new RegExp(`/${before}/chk-\\d+$`),
      "it goes on from its newest checkpoint",
    );
  });
}

test("sync cancelled, its newest checkpoint emptied as by a loss of power, then `up`", async (t) => {
  const { outputs: before } = await jobResource("sync");
  const folder = `${before.checkpointDir.replace(/^file:/, "")}/${before.jobId}`;
  let emptied = "";
  await survive(t, {
    inject: async () => {
      await inContainer("flink-jobmanager", "flink", "cancel", before.jobId);
      const script = 'newest=$(ls -t "$0"/chk-*/_metadata | head -n 1); : > "$newest"; echo "$newest"';
      emptied = await inContainer("flink-jobmanager", "sh", "-c", script, folder);
      await repair();
    },
  });
  const { outputs } = await jobResource("sync");
  t.regex(outputs.restoredFrom, new RegExp(`/${before.jobId}/chk-\\d+$`), "it goes on from an older one");
  t.not(`${outputs.restoredFrom}/_metadata`, `file:${emptied.trim()}`);
});

test("sync submitted a second time by hand, then `up` with a refresh", async (t) => {
  const { syncJobId } = await stackOutputs();
  const { outputs } = await jobResource("sync");
  await survive(t, {
    inject: async () => {
      const jar = `/opt/flink/jobs/${jarNames.sync}`;
      await inContainer("flink-jobmanager", "flink", "run", "--detached", jar, ...outputs.args);
      const { jobs } = await flink<{ jobs: { name: string; state: string }[] }>("/jobs/overview");
      const named = jobs.filter(
        ({ name, state }) => name === "kafka-clickhouse-sync" && state !== "CANCELED",
      );
      t.is(named.length, 2);
      await repair();
    },
  });
  t.is((await stackOutputs()).syncJobId, syncJobId, "the double goes, the stack's own stays");
});

/** A second build, in which a class is missing that only the TaskManager needs. */
function buildWithout(name: string): string {
  const build = path.join(path.dirname(currentJobsFolder), "without-a-class");
  mkdirSync(build, { recursive: true });
  let found = false;
  for (const jar of Object.values(jarNames)) {
    const content = readFileSync(path.join(currentJobsFolder, jar), "latin1");
    found ||= content.includes(name);
    writeFileSync(path.join(build, jar), content.replaceAll(name, name.replace(/.$/, "_")), "latin1");
  }
  if (!found) throw new Error(`no job has a ${name}`);
  return build;
}

test("a new version of capture that completes no checkpoint", async (t) => {
  const { captureJobId } = await stackOutputs();
  const good = path.join(path.dirname(currentJobsFolder), "good");
  mkdirSync(good, { recursive: true });
  publish(currentJobsFolder, good);
  const bad = buildWithout("io/tributary/capture/source/WholeChunks$PassedOn.class");
  try {
    await survive(t, {
      inject: async () => {
        publish(bad, currentJobsFolder);
        const error = await t.throwsAsync(pulumi("up", "--yes", "--skip-preview"), {
          instanceOf: ExecaError,
        });
        t.regex(error.message, /the old one runs again[\s\S]*WholeChunks\$PassedOn/);
        publish(good, currentJobsFolder);
        await repair();
      },
    });
  } finally {
    publish(good, currentJobsFolder);
    for (const build of [good, bad]) rmSync(build, { recursive: true });
  }
  t.not((await stackOutputs()).captureJobId, captureJobId);
  t.regex((await jobResource("capture")).outputs.restoredFrom, /\/savepoint-[^/]+$/);
});

test("SIGKILL of `pulumi up` when it has just stopped capture for a new version, then `make up`", async (t) => {
  const { captureJobId, flinkUrl } = await stackOutputs();
  await pulumi("config", "set", "captureCheckpoint", "300 ms");
  try {
    await survive(t, {
      inject: async () => {
        const up = execa("./pulumi", ["up", "--yes", "--skip-preview", "--stack", stackName], {
          cwd: projectFolder,
          stdin: "ignore",
          reject: false,
        });
        await eventually(
          "capture is stopped",
          async () => {
            const { state } = await readJob(flinkUrl, captureJobId);
            if (state === "RUNNING") throw new Error(state);
          },
          { timeout: 60_000, interval: 20 },
        );
        up.kill("SIGKILL");
        t.is((await up).signal, "SIGKILL");
        await makeUp();
        forgetOutputs();
      },
    });
    t.not((await stackOutputs()).captureJobId, captureJobId);
    const { outputs } = await jobResource("capture");
    t.regex(outputs.restoredFrom, /\/savepoint-[^/]+$/, "it goes on from where it was stopped");
  } finally {
    await pulumi("config", "rm", "captureCheckpoint");
    await repair();
  }
});

for (const [from, to] of [
  ["1", "2"],
  ["2", "1"],
] as const) {
  test(`parallelism and TaskManagers ${from} → ${to}`, async (t) => {
    await survive(t, {
      inject: async () => {
        for (const setting of ["parallelism", "taskManagers"]) await pulumi("config", "set", setting, to);
        await repair();
      },
    });
    for (const job of ["capture", "sync"] as const) {
      const { outputs } = await jobResource(job);
      t.is(outputs.parallelism, Number(to));
      t.regex(outputs.restoredFrom, /\/savepoint-[^/]+$/);
    }
  });
}

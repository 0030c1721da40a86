import test from "ava";
import { checkJob, diffJob } from "../../components/flink-job/diff";
import { rootCause } from "../../components/flink-job/failures";
import { isUploadOf, uploadName } from "../../components/flink-job/jar";
import {
  contentCode,
  isOfGeneration,
  isOwn,
  newJobId,
  runsContent,
  submittedAt,
} from "../../components/flink-job/job-id";
import type { JobRecord, JobSpec } from "../../components/flink-job/model";
import { isNewer, isOwnMetadata, pathOnVolume } from "../../components/flink-job/restore-point";
import { defaultTimeouts } from "../../components/flink-job/settings";
import { parseListing, whyIncomplete } from "../../components/flink-job/volume";

const spec: JobSpec = {
  name: "capture",
  cluster: { rest: "http://127.0.0.1:8081" },
  jar: "build/jobs/1/mysql-cdc-job.jar",
  jarHash: "0123456789abcdef",
  args: ["--epoch", "0"],
  parallelism: 1,
};

const record: JobRecord = {
  ...spec,
  jobId: newJobId(spec, 1_700_000_000_000),
  state: "RUNNING",
  restoredFrom: "",
  checkpointDir: "file:/state/checkpoints",
  since: 1_700_000_000_000,
};

/** What Pulumi passes for a value that a preview cannot know. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

// Difference

const difference = test.macro({
  exec: (t, change: Partial<JobSpec>, expected: { changes: boolean; replaces: string[] }) => {
    t.deepEqual(diffJob(record, { ...spec, ...change }), { ...expected, deleteBeforeReplace: true });
  },
  title: (what = "") => `difference: ${what}`,
});
const nothing = { changes: false, replaces: [] };
const update = { changes: true, replaces: [] };
test("the same again is no change", difference, {}, nothing);
test("another path of the same jar is no change", difference, { jar: "elsewhere.jar" }, nothing);
test(
  "another way to look at the volume is no other cluster",
  difference,
  {
    cluster: { ...spec.cluster, container: "flink-jobmanager" },
  },
  nothing,
);
test("another jar is an update", difference, { jarHash: "fedcba9876543210" }, update);
test("another class is an update", difference, { entryClass: "io.tributary.Main" }, update);
test("other arguments are an update", difference, { args: ["--epoch", "1"] }, update);
test("arguments in another order are an update", difference, { args: ["0", "--epoch"] }, update);
test("another parallelism is an update", difference, { parallelism: 2 }, update);
test("another generation is an update", difference, { generation: "epoch 1" }, update);
test("another savepoint folder is an update", difference, { savepointDir: "file:///s" }, update);
test("other time-outs are an update", difference, { timeouts: { savepointMs: 1 } }, update);
test("another name is another job", difference, { name: "c" }, { changes: true, replaces: ["name"] });
test(
  "another cluster is another job",
  difference,
  { cluster: { rest: "http://127.0.0.1:9081" } },
  {
    changes: true,
    replaces: ["cluster"],
  },
);
test(
  "an address that is not known yet replaces nothing",
  difference,
  { cluster: { rest: unknown } },
  nothing,
);
test("a cluster that is not known yet replaces nothing", difference, { cluster: unknown as never }, nothing);
test("arguments that are not known yet may be other ones", difference, { args: unknown as never }, update);

test("difference: a drift mark is an update", (t) => {
  t.like(diffJob({ ...record, drift: "it is gone" }, spec), update);
});

test("a sound job passes the check, and so does what is not known yet", (t) => {
  t.deepEqual(checkJob(spec), []);
  t.deepEqual(checkJob({ ...spec, name: unknown, parallelism: unknown as never }), []);
});

test("the check names every problem", (t) => {
  const properties = checkJob({ ...spec, name: "My job", parallelism: 0 }).map(({ property }) => property);
  t.deepEqual(properties, ["name", "parallelism"]);
});

test("nobody takes a failover, which took 14 seconds, for the end of the cluster", (t) => {
  const { reachableMs, refreshReachableMs, deleteReachableMs } = defaultTimeouts;
  t.true(Math.min(reachableMs, refreshReachableMs, deleteReachableMs) > 14_000);
});

// Identity

test("a job's id is what Flink takes for one", (t) => {
  t.regex(record.jobId, /^[0-9a-f]{32}$/);
});

test("a job's id tells whose it is, what it runs and when it was submitted", (t) => {
  t.true(isOwn(record.jobId, "capture"));
  t.false(isOwn(record.jobId, "sync"));
  t.true(runsContent(record.jobId, spec));
  t.false(runsContent(record.jobId, { ...spec, parallelism: 2 }));
  t.is(submittedAt(record.jobId), 1_700_000_000_000);
});

test("where a jar lies and how long to wait are no part of what a job runs", (t) => {
  t.is(
    contentCode({ ...spec, jar: "elsewhere.jar", timeouts: { savepointMs: 1 } } as JobSpec),
    contentCode(spec),
  );
});

test("a job without a generation keeps the id it had before there were any", (t) => {
  t.is(contentCode(spec), "3ec6705f92");
});

test("a generation is part of what a job runs, and told by its id", (t) => {
  const first = { ...spec, generation: "epoch 0" };
  const second = { ...spec, generation: "epoch 1" };
  t.not(contentCode(first), contentCode(second));
  t.true(isOfGeneration(newJobId({ ...first, parallelism: 2 }, 0), first));
  t.false(isOfGeneration(newJobId(second, 0), first));
  t.true(isOfGeneration(newJobId(second, 0), spec));
});

test("an upload is told by its job's name", (t) => {
  t.true(isUploadOf("capture", uploadName(spec)));
  t.true(isUploadOf("capture-old", uploadName({ ...spec, name: "capture-old" })));
  t.false(isUploadOf("capture", uploadName({ ...spec, name: "capture-old" })));
  t.false(isUploadOf("capture", "mysql-cdc-job.jar"));
});

// Checkpoints on the volume

const { jobId } = record;
const foreign = "f".repeat(32);
const ownership = test.macro({
  exec: (t, path: string, expected: boolean) => t.is(isOwnMetadata(path, "capture"), expected),
  title: (what = "") => `on the volume, ${what}`,
});
test("a checkpoint of ours is ours", ownership, `/c/${jobId}/chk-12/_metadata`, true);
test(
  "a savepoint of ours is ours",
  ownership,
  `/s/savepoint-${jobId.slice(0, 6)}-0123456789ab/_metadata`,
  true,
);
test("a checkpoint of another job is not", ownership, `/c/${foreign}/chk-12/_metadata`, false);
test("a savepoint of another job is not", ownership, "/s/savepoint-ffffff-0123456789ab/_metadata", false);
test("a shared file is not", ownership, `/c/${jobId}/shared/_metadata`, false);

const folder = test.macro({
  exec: (t, uri: string, expected: string | undefined) => t.is(pathOnVolume(uri), expected),
  title: (_, uri: string) => `the folder of "${uri}"`,
});
test(folder, "file:///state/checkpoints", "/state/checkpoints");
test(folder, "file:/state/checkpoints", "/state/checkpoints");
test(folder, "/state/checkpoints", "/state/checkpoints");
test(folder, "s3://bucket/checkpoints", undefined);
test(folder, "", undefined);

test("a listing of the volume is read with its times", (t) => {
  t.deepEqual(
    parseListing("1700000000.5000000000 /c/a/chk-1/_metadata\n1700000001.0 /c/with space/_metadata\n"),
    [
      { modifiedAt: 1_700_000_000_500, path: "/c/a/chk-1/_metadata" },
      { modifiedAt: 1_700_000_001_000, path: "/c/with space/_metadata" },
    ],
  );
  t.deepEqual(parseListing(""), []);
});

const incomplete = test.macro({
  exec: (t, error: { code?: unknown; killed?: boolean }, stderr: string, expected: string | undefined) =>
    t.is(whyIncomplete({ message: "Command failed", ...error }, stderr), expected),
  title: (what = "") => `a listing of the volume: ${what}`,
});
test(
  "what was deleted meanwhile or is not there yet does not matter",
  incomplete,
  { code: 1 },
  "find: 'c/a/chk-1': No such file or directory\nfind: 's': No such file or directory\n",
  undefined,
);
test(
  "what cannot be read does",
  incomplete,
  { code: 1 },
  "find: 's': No such file or directory\nfind: 'c': Permission denied\n",
  "find: 'c': Permission denied",
);
test(
  "a container that is gone does",
  incomplete,
  { code: 1 },
  "Error response from daemon: No such container: x\n",
  "Error response from daemon: No such container: x",
);
test("silence does", incomplete, { killed: true }, "", "no answer in time");
test("a Docker that is not there does", incomplete, { code: "ENOENT" }, "", "Command failed");

test("the newer state is the one of a later time, and of the same time the savepoint", (t) => {
  const checkpoint = { path: `file:/c/${jobId}/chk-12`, completedAt: 100 };
  const savepoint = { path: `file:/s/savepoint-${jobId.slice(0, 6)}-0123456789ab`, completedAt: 100 };
  t.true(isNewer({ ...checkpoint, completedAt: 101 }, savepoint));
  t.false(isNewer(savepoint, { ...checkpoint, completedAt: 101 }));
  t.true(isNewer(savepoint, checkpoint));
  t.false(isNewer(checkpoint, savepoint));
  t.false(isNewer(checkpoint, checkpoint));
});

// Failures in plain words

const cause = test.macro({
  exec: (t, stackTrace: string, expected: string) => t.is(rootCause(stackTrace), expected),
  title: (what = "") => `the root cause of ${what}`,
});
test(
  "an exception alone",
  cause,
  "java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)",
  "no (IllegalStateException)",
);
test(
  "a chain is the innermost",
  cause,
  "org.apache.flink.util.FlinkException: outer\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: middle\n\t... 3 more\n" +
    "Caused by: java.sql.SQLException: Access denied: user 'x'\n\tat d.E.f(E.java:2)\n\t... 9 more",
  "Access denied: user 'x' (SQLException)",
);
test(
  "a message of several lines keeps them",
  cause,
  "java.lang.Error: two things:\n- a\n- b\n\tat a.B.c(B.java:1)",
  "two things:\n- a\n- b (Error)",
);
test(
  "an exception without a message is its name",
  cause,
  "java.lang.NullPointerException\n\tat a.B.c(B.java:1)",
  "NullPointerException",
);
test("a nested class is its name", cause, "a.b.Outer$Inner: text", "text (Outer$Inner)");
test("plain text is that text", cause, "Not found: GET /x", "Not found: GET /x");

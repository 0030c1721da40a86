import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { jarNames } from "../../components/job-jars";
import { isComplete, publish } from "../../tools/lib/jobs";

const jars = Object.values(jarNames);

/** A folder with both jars, each holding `content`. */
function build(content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "tributary-jobs-"));
  for (const jar of jars) writeFileSync(path.join(folder, jar), content);
  return folder;
}

test("published jars replace the old ones in a folder that stays the same", (t) => {
  const current = path.join(build("unrelated"), "current");
  publish(build("first"), current);
  const { ino } = statSync(current);
  publish(build("second"), current);

  t.is(statSync(current).ino, ino);
  t.deepEqual(readdirSync(current).sort(), [...jars].sort());
  for (const jar of jars) t.is(readFileSync(path.join(current, jar), "utf8"), "second");
});

test("a build without one of the jars is not complete", (t) => {
  const half = mkdtempSync(path.join(tmpdir(), "tributary-jobs-"));
  writeFileSync(path.join(half, jarNames.capture), "");

  t.false(isComplete(half));
  t.true(isComplete(build("jar")));
});

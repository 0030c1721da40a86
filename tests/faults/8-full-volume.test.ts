import { mkdirSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { execa } from "execa";
import { configure } from "../../tools/lib/own-stack";
import { privateFolder, projectFolder } from "../../tools/lib/project";
import { eventually } from "../lib/eventually";

/** A stack of its own, whose volume for checkpoints can be filled without filling the machine. */
const stack = "full";
const prefix = `${stack}-`;
const jobManager = `${prefix}flink-jobmanager`;
const filler = "/opt/flink/state/filler";

// The helpers look at the stack that this names when they are loaded.
process.env["TRIBUTARY_STACK"] = stack;
const { survive } = await import("../lib/fault");
const { forThisStack } = await import("../lib/stack");

const make = (target: string) =>
  execa("make", [target, `STACK=${stack}`, "YES=1"], {
    cwd: projectFolder,
    stdin: "ignore",
    reject: false,
    all: true,
  });

test.before(async (t) => {
  configure(stack, { prefix, portOffset: 30_000 });
  // Docker keeps a volume that is there, so the stack takes this one, of 200 MB of memory, for its own.
  const options = ["type=tmpfs", "device=tmpfs", "o=size=200m,uid=9999,gid=9999"];
  await execa("docker", [
    ...["volume", "create", "--driver", "local", ...forThisStack],
    ...options.flatMap((option) => ["--opt", option]),
    `${prefix}tributary-flink-state`,
  ]);
  // A stack with volumes but without a place for its secrets counts as left behind, and is refused.
  mkdirSync(path.join(privateFolder, "secrets", stack), { recursive: true });
  const { exitCode, all } = await make("up");
  t.is(exitCode, 0, all);
});
test.after.always(() => make("down"));

test("the volume with the checkpoints is full, until an alarm has said so", async (t) => {
  await survive(t, {
    inject: async () => {
      const { stderr } = await execa(
        "docker",
        ["exec", jobManager, "dd", "if=/dev/zero", `of=${filler}`, "bs=1M"],
        {
          reject: false,
        },
      );
      t.regex(stderr, /No space left/);
      try {
        await eventually(
          "`make status` says that capture completes no checkpoint",
          async () => {
            const { exitCode, all } = await make("status");
            if (exitCode === 0 || !/capture .*checkpoint/.test(all)) throw new Error(all);
          },
          { timeout: 120_000, interval: 2_000 },
        );
      } finally {
        await execa("docker", ["exec", jobManager, "rm", filler]);
      }
    },
    recoverWithin: 180_000,
  });
});

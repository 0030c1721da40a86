// Every container of this machine stops with Docker, whoever it belongs to: only with `--host-faults`.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import test from "ava";
import { execa } from "execa";
import { eventually } from "../lib/eventually";
import { survive } from "../lib/fault";
import { makeUp } from "../lib/servers";

/** Restarts Docker as its owner does: by systemd, or, where that does not run, by ending it and `make up`. */
async function restartDocker(): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    await execa("systemctl", ["restart", "docker"]);
    return;
  }
  const pid = Number(await readFile("/var/run/docker.pid", "utf8"));
  process.kill(pid, "SIGTERM");
  await eventually(
    "dockerd has ended",
    async () => {
      if (existsSync(`/proc/${pid}`)) throw new Error(`process ${pid} is there`);
    },
    { timeout: 120_000 },
  );
  await makeUp();
}

test("restart of Docker itself", async (t) => {
  await survive(t, { inject: restartDocker, recoverWithin: 300_000, hitsLoad: true });
});

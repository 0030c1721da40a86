import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { JobSpec, World } from "./model";
import { flinkRest } from "./rest-client";
import { defaultTimeouts } from "./settings";
import { listMetadataInContainer } from "./volume";

/** The real world of a job: its cluster's REST interface, its checkpoint volume, the jars on this machine. */
export function worldOf(spec: Pick<JobSpec, "cluster" | "timeouts">): World {
  const timeouts = { ...defaultTimeouts, ...spec.timeouts };
  const { rest, container } = spec.cluster;
  return {
    flink: flinkRest(rest, timeouts),
    listMetadata: async (directories) =>
      container === undefined
        ? undefined
        : listMetadataInContainer(container, directories, timeouts.requestMs),
    hashOfFile: (path) =>
      readFile(path).then(
        (content) => createHash("sha256").update(content).digest("hex"),
        () => undefined,
      ),
    now: () => Date.now(),
    // A provider's standard error is what Pulumi shows among its diagnostics.
    log: (message) => console.warn(message),
    timeouts,
  };
}

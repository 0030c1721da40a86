// Runs the Pulumi program under mocks and prints what it asked for as JSON: see graph.ts.
import { createRequire } from "node:module";
import { projectFolder } from "../../components/stack";
import { defaultSettings } from "./defaults";
import type { Asked, Machine } from "./graph";

const { settings = {}, jars = {} } = JSON.parse(process.argv[2] ?? "{}") as Machine;
const require = createRequire(import.meta.url);

/** Stands in for a module, as whoever requires it later sees it. */
function standIn(path: string, exports: Record<string, unknown>): void {
  const file = require.resolve(path);
  require.cache[file] = { id: file, filename: file, loaded: true, exports } as unknown as NodeJS.Module;
}

standIn("../../images/reference.ts", {
  imageReference: (name: string) => `tributary/${name}:test`,
  recordedImageSource: () => "packages",
});
standIn("../../images/hash.ts", { contentHash: () => "hash-of-folder", filesOf: () => [] });
standIn("../../components/preflight.ts", { refuseWhatCannotWork: () => undefined });
standIn("../../components/job-jars.ts", {
  currentJobsFolder: "/checkout/build/jobs/current",
  jobJar: (job: "capture" | "sync") => ({
    path: `/checkout/build/jobs/current/${job}.jar`,
    hash: jars[job] ?? `${job}-1`,
  }),
});

/** What a provider would answer beside the inputs. */
function outputsOf(type: string, name: string): Record<string, unknown> {
  if (type === "docker:index/remoteImage:RemoteImage") return { imageId: `id-of-${name}` };
  if (type.endsWith(":GrowOnly")) return { current: 3 };
  if (/:Secret(File)?$/.test(type)) return { path: `/checkout/secrets/${name}`, value: `value-of-${name}` };
  return {};
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDeletebeforereplace(): boolean;
  getDeletedwith(): string;
}

const pulumi = require("@pulumi/pulumi") as typeof import("@pulumi/pulumi");
const asked: Asked[] = [];
const options = new Map<string, Asked["options"]>();

await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs, id }) => {
      asked.push({
        type,
        name,
        inputs: inputs as Record<string, unknown>,
        options: options.get(`${type} ${name}`)!,
      });
      return { id: id || `${name}-id`, state: { ...(inputs as object), ...outputsOf(type, name) } };
    },
    call: ({ inputs }) => inputs as Record<string, unknown>,
  },
  "tributary",
  "local",
);

// The mocks leave out the options that decide how a resource goes away; the requests have them.
const { getMonitor } = require("@pulumi/pulumi/runtime/settings") as {
  getMonitor(): { registerResource(request: Request, callback: unknown): Promise<void> };
};
const monitor = getMonitor();
const register = monitor.registerResource.bind(monitor);
monitor.registerResource = (request, callback) => {
  options.set(`${request.getType()} ${request.getName()}`, {
    deleteBeforeReplace: request.getDeletebeforereplace(),
    deletedWith: request.getDeletedwith().split("::").at(-1)!,
    parent: request.getParent().split("::").at(-1)!,
  });
  return register(request, callback);
};

const config = Object.entries({ ...defaultSettings(), ...settings });
pulumi.runtime.setAllConfig(Object.fromEntries(config.map(([name, value]) => [`tributary:${name}`, value])));
require("../../index.ts");
await pulumi.runtime.disconnect();

const order = ({ type, name }: Asked) => `${type} ${name}`;
const graph = JSON.stringify(asked.sort((one, other) => (order(one) < order(other) ? -1 : 1)));
// Where this checkout lies is not part of the graph.
console.log(graph.replaceAll(projectFolder, "/checkout"));

// The fault suite: against a deployed stack, one fault after the other. `make test-faults` brings the stack up and removes
// it.
export default {
  // The last ones take hold of the machine itself, so they run only when asked for.
  files: process.env.TRIBUTARY_HOST_FAULTS ? ["tests/faults/*.test.ts"] : ["tests/faults/[1-8]*.test.ts"],
  extensions: { ts: "module" },
  nodeArguments: ["--import=tsx"],
  workerThreads: false,
  concurrency: 1,
  serial: true,
  sortTestFiles: (one, other) => one.localeCompare(other, "en"),
  timeout: "15m",
};

// The stack suite: against a deployed stack, one test after the other, in the order of the files' names. Every address
// comes from the stack's outputs; `make test` brings the stack up and removes it.
export default {
  files: ["tests/stack/**/*.test.ts"],
  extensions: { ts: "module" },
  nodeArguments: ["--import=tsx"],
  workerThreads: false,
  concurrency: 1,
  serial: true,
  sortTestFiles: (one, other) => one.localeCompare(other, "en"),
  timeout: "10m",
};

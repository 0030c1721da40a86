// Unit tests need nothing but Node: no Docker, no network, no other test's leftovers.
export default {
  files: ["tests/unit/**/*.test.ts"],
  extensions: { ts: "module" },
  nodeArguments: ["--import=tsx"],
  workerThreads: false,
  timeout: "2m",
};

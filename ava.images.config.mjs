// Contracts of the images: each file starts containers of its own and takes them away. They need Docker and the
// images, and run one after the other, because servers take memory.
export default {
  files: ["tests/images/**/*.test.ts"],
  extensions: { ts: "module" },
  nodeArguments: ["--import=tsx"],
  workerThreads: false,
  concurrency: 1,
  serial: true,
  timeout: "10m",
};

// Against a real MySQL, named by the same environment variables as the service's own. They fail without it.
export default {
  serial: true,
  files: ["build/test/mysql/*.test.js"],
  nodeArguments: ["--enable-source-maps"],
  timeout: "2m",
};

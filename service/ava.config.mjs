// The compiled output is tested, because only the compiler writes the metadata that Nest injects by.
export default {
  files: ["build/test/*.test.js"],
  nodeArguments: ["--enable-source-maps"],
  timeout: "1m",
};

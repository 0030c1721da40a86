import { createWriteStream, existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { BuilderTool } from "../../images/catalog";
import { builderReference, type ImageSource, recordedImageSource } from "../../images/reference";
import { Problem } from "./problem";
import { cacheFolder } from "./project";

/** A folder of the host that a builder container sees. */
export interface BuilderMount {
  readonly source: string;
  readonly target: string;
  /** @default false */
  readonly readOnly?: boolean;
}

/** What to build, and with what. */
export interface BuilderOptions {
  readonly tool: BuilderTool;
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** Working folder in the container. */
  readonly workdir: string;
  readonly mounts: readonly BuilderMount[];
  /** Folders that outlive the container, by name, shared by all checkouts of this user. */
  readonly caches?: readonly { volume: string; target: string }[];
  readonly env?: Readonly<Record<string, string>>;
  /** A container whose network it shares, so that what listens there is at localhost. @default a network of its own */
  readonly beside?: string;
  /** File that gets all output. Its folder is made; an old file is overwritten. */
  readonly log: string;
  /** @default what `make images` recorded, else `packages` */
  readonly source?: ImageSource;
  /** Called with every line of output. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The bundle of certificate authorities that Debian's programs trust. */
const caBundle = "/etc/ssl/certs/ca-certificates.crt";

/** The host's own client settings, which decide where packages come from. */
const settingsFiles = [".npmrc", ".m2/settings.xml", ".config/go/env", ".config/pip/pip.conf"];

/** Variables of the host that do the same. */
const settingsVariables =
  /^(GOPROXY|GONOSUMDB|GONOSUMCHECK|GOSUMDB|GOPRIVATE|PIP_INDEX_URL|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$/;

/** Java trusts a key store of its own: make one of the host's authorities, in a second, before anything else. */
const trustHost =
  "if command -v trust >/dev/null; then" +
  " trust extract --format=java-cacerts --filter=ca-anchors --purpose=server-auth --overwrite /tmp/cacerts" +
  ' && export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=/tmp/cacerts"; fi; exec "$@"';

/**
 * Runs a command in a container that is thrown away, as the host's user, with the host's package registries and
 * certificate authorities. Nothing of the host's settings stays in an image or a file.
 *
 * @throws Problem with the last lines of the log, if the command does not end with 0
 */
export async function runInBuilder(options: BuilderOptions): Promise<void> {
  mkdirSync(path.dirname(options.log), { recursive: true });
  const log = createWriteStream(options.log);
  const image = builderReference(options.tool, options.source ?? recordedImageSource() ?? "packages");
  const container = execa("docker", [...(await containerArguments(options)), image, ...wrapped(options)], {
    stdin: "ignore",
    all: true,
    buffer: false,
    reject: false,
    ...(options.signal && { cancelSignal: options.signal }),
  });
  const tail: string[] = [];
  for await (const line of container.iterable({ from: "all" })) {
    log.write(`${line}\n`);
    options.onLine?.(line);
    tail.push(line);
    if (tail.length > 25) tail.shift();
  }
  const { exitCode } = await container;
  await new Promise((resolve) => log.end(resolve));
  if (exitCode === 0) return;
  throw new Problem(
    `\`${options.command.join(" ")}\` failed in a container of ${image} (exit code ${exitCode ?? "none"}):\n${tail.join("\n")}`,
    `All of its output is in ${options.log}. If the image is missing, run \`make images\`.`,
  );
}

function wrapped({ tool, command }: BuilderOptions): readonly string[] {
  return tool === "java" ? ["bash", "-c", trustHost, "builder", ...command] : command;
}

async function containerArguments(options: BuilderOptions): Promise<string[]> {
  const home = "/tmp/home";
  const mounts: BuilderMount[] = [...options.mounts, ...settingsMounts(home)];
  for (const { volume, target } of options.caches ?? []) {
    const source = path.join(cacheFolder, volume);
    mkdirSync(source, { recursive: true });
    mounts.push({ source, target });
  }
  const env = { ...(await settingsEnvironment()), HOME: home, ...options.env };
  return [
    ...["run", "--rm", "--init", "--workdir", options.workdir],
    ...["--user", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`],
    ...["--tmpfs", `${home}:exec,mode=1777`],
    ...(options.beside ? ["--network", `container:${options.beside}`] : []),
    ...mounts.flatMap(({ source, target, readOnly }) => [
      "--volume",
      `${source}:${target}${readOnly ? ":ro" : ""}`,
    ]),
    ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
  ];
}

function settingsMounts(home: string): BuilderMount[] {
  const settings = settingsFiles.map((file) => ({
    source: path.join(homedir(), file),
    target: path.posix.join(home, file),
  }));
  return [
    ...settings,
    { source: caBundle, target: caBundle },
    { source: "/etc/pip.conf", target: "/etc/pip.conf" },
  ]
    .filter(({ source }) => existsSync(source))
    .map((mount) => ({ ...mount, readOnly: true }));
}

async function settingsEnvironment(): Promise<Record<string, string>> {
  const passedOn = Object.entries(process.env).filter(
    (entry): entry is [string, string] => settingsVariables.test(entry[0]) && entry[1] !== undefined,
  );
  const { stdout: registry } = await execa("npm", ["config", "get", "registry"], { stderr: "ignore" });
  return {
    ...Object.fromEntries(passedOn),
    NPM_CONFIG_REGISTRY: registry.trim(),
    ...(existsSync(caBundle) && {
      SSL_CERT_FILE: caBundle,
      NODE_EXTRA_CA_CERTS: caBundle,
      PIP_CERT: caBundle,
      GIT_SSL_CAINFO: caBundle,
    }),
  };
}

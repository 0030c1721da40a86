import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Connection, externalAddress, internalAddress, loopback } from "./connection";
import { StackNetwork, stackLabels } from "./network";
import type { Secret } from "./secret";
import { nameIn, publishedPort } from "./stack";
import { Size, toMegabytes } from "./units";

/** What every server needs, whichever it is. */
export interface ServerArgs {
  network: StackNetwork;
  /** Image ID or reference. */
  image: pulumi.Input<string>;
  /** Limit of the container; there is no swap beside it. */
  memory: Size;
  /** Numeric user of the process; never root. */
  uid: number;
  /** Arguments to the image's entrypoint. */
  command?: pulumi.Input<string>[];
  /** Environment variables. Never a secret: `docker inspect` shows them. */
  environment?: Record<string, pulumi.Input<string>>;
  /** Ports to publish on loopback; each is shifted by the stack's `portOffset`. */
  publish?: readonly number[];
  /** Paths that outlive the container, each on a volume of the stack. */
  data?: readonly VolumeMount[];
  /** Host folders to read, by path in the container. */
  folders?: Record<string, string>;
  /** Text files to put in before it starts, by path in the container. A changed file makes a new container. */
  files?: Record<string, pulumi.Input<string>>;
  /** Secrets to read: each is the file `/run/secrets/<name>`, or the path given. */
  secrets?: readonly (SecretOnHost | SecretMount)[];
  /** Changes when the container has to be made anew for what is not seen in the other arguments. */
  fingerprint?: string;
  /** A shell line that exits 0 when the server is ready to serve, not merely up. */
  healthCheck: string;
  /** How long it may take to become healthy, and how long a clean stop may take. Seconds. @default 180 and 30 */
  readyWithin?: number;
  stopWithin?: number;
}

export interface VolumeMount {
  readonly volume: docker.Volume;
  /** Path in the container. */
  readonly path: string;
}

/** A secret that is a file on the host. */
export type SecretOnHost = Pick<Secret, "name" | "path">;

export interface SecretMount {
  readonly secret: SecretOnHost;
  /** Path in the container. */
  readonly path: string;
}

/** Where secrets are inside containers. */
export const secretsPath = "/run/secrets";

/** The path of a secret in the containers it is mounted into. */
export function pathInContainer(secret: SecretOnHost): string {
  return `${secretsPath}/${secret.name}`;
}

/**
 * How often a server sends again what is not acknowledged before it gives a connection up: about 100 seconds, the least
 * that RFC 1122 asks for. By Linux's default, 15 times, a write to a server that went away without a word would hang for
 * a quarter of an hour, and a connection that is cut off would be silent for two more minutes once it no longer is.
 */
const tcpRetries = 8;

/**
 * A server's container: healthy when created, restarted when it dies, bound to loopback, limited in memory, without
 * root and without a way to become root.
 */
export function createServer(
  name: string,
  args: ServerArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { stack } = args.network;
  const megabytes = toMegabytes(args.memory);
  return new docker.Container(
    name,
    {
      name: nameIn(stack, name),
      hostname: name,
      image: args.image,
      user: String(args.uid),
      ...(args.command && { command: args.command }),
      envs: environmentLines(args.environment ?? {}),
      labels: [
        ...(args.fingerprint ? [{ label: "io.tributary.fingerprint", value: args.fingerprint }] : []),
        ...stackLabels(stack),
      ],
      networkMode: "bridge",
      networksAdvanced: [{ name: args.network.id, aliases: [name] }],
      ports: (args.publish ?? []).map((port) => ({
        internal: port,
        external: publishedPort(stack, port),
        ip: loopback,
      })),
      volumes: [
        ...(args.data ?? []).map(({ volume, path }) => ({ volumeName: volume.name, containerPath: path })),
        ...Object.entries(args.folders ?? {}).map(([containerPath, hostPath]) => ({
          hostPath,
          containerPath,
          readOnly: true,
        })),
        ...(args.secrets ?? []).map(toSecretMount).map(({ secret, path }) => ({
          hostPath: secret.path,
          containerPath: path,
          readOnly: true,
        })),
      ],
      uploads: Object.entries(args.files ?? {}).map(([file, content]) => ({ file, content })),
      memory: megabytes,
      memorySwap: megabytes,
      securityOpts: ["no-new-privileges"],
      sysctls: { "net.ipv4.tcp_retries2": String(tcpRetries) },
      restart: "unless-stopped",
      mustRun: true,
      wait: true,
      waitTimeout: args.readyWithin ?? 180,
      destroyGraceSeconds: args.stopWithin ?? 30,
      stopTimeout: args.stopWithin ?? 30,
      // No `docker logs` may fill the disk.
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      healthcheck: {
        tests: ["CMD", "bash", "-c", seldomOnceReady(args.healthCheck)],
        interval: "5s",
        timeout: "15s",
        startPeriod: "3m0s",
        retries: 3,
      },
    },
    // Two containers cannot have one name and one port: the old one goes first.
    { deleteBeforeReplace: true, ...opts },
  );
}

/**
 * A health check that waits before it looks, once the server has been ready. Each check is a process that Docker starts,
 * which costs some 70 ms of a core, and eight servers are asked; a longer interval alone would delay the first check, and
 * with it every deploy. `/dev/shm` is empty again after a restart.
 */
function seldomOnceReady(healthCheck: string): string {
  return `[ -e /dev/shm/ready ] && sleep 10; { ${healthCheck}; } && : >/dev/shm/ready`;
}

function toSecretMount(given: SecretOnHost | SecretMount): SecretMount {
  return "secret" in given ? given : { secret: given, path: pathInContainer(given) };
}

/** `NAME=value` lines in the order of names, as Docker reports them, so that nothing ever looks changed. */
export function environmentLines(environment: Record<string, pulumi.Input<string>>): pulumi.Output<string>[] {
  return Object.keys(environment)
    .sort()
    .map((key) => pulumi.interpolate`${key}=${environment[key]}`);
}

/** A volume of the stack, `<prefix>tributary-<name>`. */
export function createVolume(
  name: string,
  network: StackNetwork,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  return new docker.Volume(
    name,
    { name: nameIn(network.stack, `tributary-${name}`), labels: stackLabels(network.stack) },
    { deleteBeforeReplace: true, ...opts },
  );
}

/** How to reach `port` of a server. Known when its container is healthy, so whoever uses it waits for that. */
export function connectionTo(
  container: docker.Container,
  network: StackNetwork,
  host: string,
  port: number,
  publishedAs: number = port,
): Connection {
  const onceHealthy = <T>(value: T): pulumi.Output<T> => container.id.apply(() => value);
  return {
    internal: onceHealthy(internalAddress(host, port)),
    external: onceHealthy(externalAddress(publishedPort(network.stack, publishedAs))),
  };
}

/**
 * A health check that asks for a page over HTTP and wants a text in the answer. It needs only bash, which every
 * image has, and costs a few milliseconds.
 */
export function httpCheck(port: number, path: string, expected: string): string {
  return (
    `exec 3<>/dev/tcp/127.0.0.1/${port} && ` +
    `printf 'GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '${expected}' <&3`
  );
}

/** A health check for servers that accept connections only when they are ready. */
export function tcpCheck(port: number): string {
  return `exec 3<>/dev/tcp/127.0.0.1/${port}`;
}

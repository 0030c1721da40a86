import * as path from "node:path";

/** Inside the stack's network every server listens here. On the host, `portOffset` is added. */
export const ports = {
  page: 8080,
  platformApi: 3000,
  clickhouse: 8123,
  flink: 8081,
  mysql: 3306,
  kafka: 9094,
} as const;

/** What people reach with a browser. */
export const browsedPorts = [ports.page, ports.platformApi, ports.clickhouse, ports.flink];

/** Every container, network and volume of a stack carries it, with the stack's name as value. */
export const stackLabel = "io.tributary.stack";

/** Beside it, the checkout's folder: two checkouts on one machine may have stacks of one name. */
export const homeLabel = "io.tributary.home";

/** The root of the checkout. */
export const projectFolder = path.resolve(__dirname, "..");

/** Everything the project keeps about its stacks on this machine: ignored by git, for the owner's eyes only. */
export const privateFolder = path.join(projectFolder, ".tributary");

/** What distinguishes one stack's things on this machine from another's. */
export interface Stack {
  /** The Pulumi stack's name, e.g. `local`. */
  readonly name: string;
  /** In front of every container, network and volume name; empty in the `local` stack. */
  readonly prefix: string;
  /** Added to every published port; 0 in the `local` stack. */
  readonly portOffset: number;
}

/** `kafka` → `test-kafka`: the name of a container, network or volume of this stack. */
export function nameIn(stack: Stack, name: string): string {
  return `${stack.prefix}${name}`;
}

/** The port on the host of what listens on `port` in the stack's network. */
export function publishedPort(stack: Stack, port: number): number {
  return port + stack.portOffset;
}

/** Where the stack's generated passwords are: one file each, mounted only into the containers that use it. */
export function secretsFolderOf(stack: Stack): string {
  return path.join(privateFolder, "secrets", stack.name);
}

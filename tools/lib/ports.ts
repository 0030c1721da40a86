import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** A program that listens on a port. */
export interface Listener {
  readonly pid: number;
  readonly command: string;
}

/** Whether a stack could publish the port: nobody listens on it, on loopback or on all addresses. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The sockets that listen, by port, from the text of /proc/net/tcp or tcp6. Pure.
 *
 * Columns: 1 local address as hex `address:port`, 3 state (0A is listening), 9 the socket's inode.
 */
export function parseListeningSockets(table: string): Map<number, string> {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  return new Map(
    rows
      .filter((columns) => columns[3] === "0A")
      .map((columns) => [parseInt(columns[1]?.split(":")[1] ?? "", 16), columns[9] ?? ""]),
  );
}

/** Who listens on a port, where the system tells (Linux; another user's programs only to root). */
export function findListener(port: number): Listener | undefined {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter((table) => existsSync(table));
  const inode = tables
    .map((table) => parseListeningSockets(readFileSync(table, "utf8")).get(port))
    .find(Boolean);
  if (!inode) return undefined;
  const pid = readdirSync("/proc").find((entry) => /^\d+$/.test(entry) && holds(entry, `socket:[${inode}]`));
  if (!pid) return undefined;
  return { pid: Number(pid), command: readFileSync(`/proc/${pid}/comm`, "utf8").trim() };
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket);
  } catch {
    // Another user's process, or one that has just ended.
    return false;
  }
}

import { once } from "node:events";
import { AddressInfo, connect, createServer, Socket } from "node:net";

/** What happens to what a client says: it goes through, the line is cut, or nothing more goes either way. */
export type Verdict = "pass" | "cut" | "freeze";

/** The line to a server, which a test can cut or freeze at a chosen moment. */
export interface Proxy {
  readonly port: number;
  /** Decides about each piece that a client sends. @default everything passes */
  onRequest: (data: Buffer) => Verdict;
  /** Refuses connections and cuts those there are, or is itself again. */
  away(isAway: boolean): void;
  close(): Promise<void>;
}

/** Opens a line to a server on a free port of loopback. */
export async function openProxy(target: { host: string; port: number }): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let away = false;
  const server = createServer((client) => {
    if (away) return void client.destroy();
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.on("data", (data) => client.write(data));
    client.on("data", (data) => {
      const verdict = proxy.onRequest(data);
      if (verdict === "pass") upstream.write(data);
      else if (verdict === "cut") client.destroy();
      else client.pause();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  const cutAll = (): void => sockets.forEach((socket) => socket.destroy());
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    onRequest: () => "pass",
    away(isAway) {
      away = isAway;
      if (isAway) cutAll();
    },
    async close() {
      server.close();
      cutAll();
      await once(server, "close");
    },
  };
  return proxy;
}

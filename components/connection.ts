import * as pulumi from "@pulumi/pulumi";

/** `host:port` as a container on the stack's network reaches a server, e.g. `mysql:3306`. */
export type InternalAddress = string & { readonly side: "internal" };

/** `host:port` as a program on this machine reaches a server, e.g. `127.0.0.1:3306`. */
export type ExternalAddress = string & { readonly side: "external" };

/**
 * How to reach a server. The two sides are distinct types, so handing a container the host's address does not
 * compile. Both become known when the server is healthy: whoever uses one waits for the server.
 */
export interface Connection {
  readonly internal: pulumi.Output<InternalAddress>;
  readonly external: pulumi.Output<ExternalAddress>;
}

/** An address as host and port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export function internalAddress(host: string, port: number): InternalAddress {
  return `${host}:${port}` as InternalAddress;
}

/** Servers listen on loopback only: what leaves this machine is for a reverse proxy to decide. */
export function externalAddress(port: number): ExternalAddress {
  return `${loopback}:${port}` as ExternalAddress;
}

export const loopback = "127.0.0.1";

/** `mysql:3306` → its two parts. */
export function splitAddress(address: InternalAddress | ExternalAddress): HostAndPort {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

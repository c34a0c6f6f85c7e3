// Listening: the addresses of a host, an own error for one that is taken, and an end in two steps.
import { networkInterfaces } from "node:os";
import type { Server } from "bun";
import { CcbError } from "../core/errors.ts";
import type { App } from "../app.ts";
import { startServer } from "./server.ts";

export interface Listening {
  readonly port: number;
  /** What a client is pointed at. */
  readonly url: string;
  /** Takes no new connection; resolves when the open ones have ended. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

/** With the default host ccb takes ::1 too: clients that resolve localhost may try that first (facts/bun). */
function addressesOf(host: string): readonly string[] {
  if (host !== "127.0.0.1" && host.toLowerCase() !== "localhost") return [host.replaceAll(/^\[|\]$/g, "")];
  const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
    (list ?? []).some(({ address }) => address === "::1"),
  );
  return hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

function listenAll(addresses: readonly string[], port: number, app: App): Server<undefined>[] {
  const servers: Server<undefined>[] = [];
  for (const hostname of addresses) {
    try {
      // The first decides the port where any free one will do.
      servers.push(startServer(hostname, servers[0]?.port ?? port, app));
    } catch (cause) {
      for (const server of servers) void server.stop(true);
      throw toError(cause, hostname, servers[0]?.port ?? port);
    }
  }
  return servers;
}

function toError(cause: unknown, host: string, port: number): CcbError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "failed";
  if (code === "EADDRINUSE")
    return new CcbError("address_in_use", (words) => words.cli.addressInUse({ host, port }), { cause });
  return new CcbError("address_in_use", (words) => words.cli.addressFailed({ host, port, reason: code }), { cause });
}

/** Listens at every address of the host. Rejects with `address_in_use`. */
export function listen(host: string, port: number, app: App): Listening {
  const addresses = addressesOf(host);
  const servers = listenAll(addresses, port, app);
  const bound = servers[0]?.port ?? port;
  const [only = host] = addresses.length > 1 ? ["localhost"] : addresses;
  return {
    port: bound,
    url: `http://${only === "127.0.0.1" ? "localhost" : only.includes(":") ? `[${only}]` : only}:${bound}`,
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    cut: () => {
      for (const server of servers) void server.stop(true);
    },
  };
}

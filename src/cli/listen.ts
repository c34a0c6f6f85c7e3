// Listening: the addresses of a host and the socket, an own error for one that is taken, and an end in two steps.
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type { Server } from "bun";
import type { App } from "../app.ts";
import type { Settings } from "../config/config.ts";
import { isEveryAddress, managementNeedsKey, NO_HOST } from "../config/exposure.ts";
import { CcbError, codeOf } from "../core/errors.ts";
import { startAtEvery } from "./every-address.ts";
import { userId } from "./runtime.ts";
import { startServer, startSocket } from "./server.ts";
import type { Tls } from "./server.ts";
import { clearSocketPath } from "./socket.ts";

export interface Listening {
  /** What a client is pointed at; `unix:PATH` where there is only the socket. */
  readonly url: string;
  /** The same for the command line of curl, with what lets a person in who manages ccb. */
  readonly curl: string;
  /** Where a browser on this machine comes back to after a sign-in (RFC 8252 §7.3); null: it could not. */
  readonly callback: string | null;
  /** Takes no new connection; resolves when the open ones have ended. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

type ListenSettings = Pick<Settings, "host" | "port" | "tls" | "socket" | "auth" | "allowed_hosts">;

/** With the default host ccb takes ::1 too: clients that resolve localhost may try that first (facts/bun). */
export function addressesOf(host: string): readonly string[] {
  if (host === NO_HOST) return [];
  if (host !== "127.0.0.1" && host.toLowerCase() !== "localhost") return [host.replaceAll(/^\[|\]$/g, "")];
  const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
    (list ?? []).some(({ address }) => address === "::1"),
  );
  return hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

async function readTls(tls: Settings["tls"]): Promise<Tls | null> {
  if (tls === null) return null;
  try {
    return { cert: await readFile(tls.cert, "utf8"), key: await readFile(tls.key, "utf8") };
  } catch (cause) {
    const reason = codeOf(cause);
    throw new CcbError("address_in_use", (words) => words.access.tlsFailed({ reason }), { cause });
  }
}

function openSocket(path: string, app: App): Server<undefined> {
  try {
    return startSocket(path, app);
  } catch (cause) {
    const reason = codeOf(cause);
    throw new CcbError("address_in_use", (words) => words.access.socketFailed({ path, reason }), { cause });
  }
}

/** The name that clients best use for what is listened at. */
function nameOf(addresses: readonly string[], { host, allowed_hosts }: ListenSettings): string {
  const [only = host] = addresses.length > 1 ? ["localhost"] : addresses;
  if (only === "127.0.0.1") return "localhost";
  // ccb does not answer under the name of every address.
  if (isEveryAddress(only)) return allowed_hosts[0] ?? "localhost";
  return only.includes(":") ? `[${only}]` : only;
}

/** What a client is pointed at; null: there is only the socket. */
export function urlOf(settings: ListenSettings): string | null {
  const { host, port, tls } = settings;
  return host === NO_HOST
    ? null
    : `${tls === null ? "http" : "https"}://${nameOf(addressesOf(host), settings)}:${port}`;
}

function curlOf(url: string, { host, auth, socket }: ListenSettings): string {
  const needsKey = managementNeedsKey(host, auth);
  // In a shell's single quotes nothing but the quote itself means anything.
  if (socket !== null && (needsKey || host === NO_HOST))
    return `--unix-socket '${socket.replaceAll("'", String.raw`'\''`)}' http://localhost`;
  return needsKey ? `-H "x-ccb-key: $CCB_KEY" ${url}` : url;
}

/** The provider knows plain http on loopback alone (facts A), and others than this machine would be kept out by TLS or keys. */
function callbackOf({ host, tls }: ListenSettings, port: number): string | null {
  const reachable = /^(?:127\.0\.0\.1|localhost|\[?::1\]?)$/i.test(host) && tls === null;
  return reachable ? `http://localhost:${port}/callback` : null;
}

/** Listens at every address of the host, and at the socket. Rejects with `address_in_use`. */
export async function listen(settings: ListenSettings, app: App): Promise<Listening> {
  const { host, socket } = settings;
  const addresses = addressesOf(host);
  const tls = await readTls(settings.tls);
  // What takes time comes first: who finds ccb at one door finds it at all of them.
  if (socket !== null) await clearSocketPath(socket, userId());
  const servers = startAtEvery(addresses, settings.port, (hostname, port) => startServer(hostname, port, app, tls));
  const port = servers[0]?.port ?? settings.port;
  try {
    if (socket !== null) servers.push(openSocket(socket, app));
  } catch (error) {
    for (const server of servers) void server.stop(true);
    throw error;
  }
  const url = urlOf({ ...settings, port }) ?? `unix:${socket ?? ""}`;
  return {
    url,
    curl: curlOf(url, settings),
    callback: callbackOf(settings, port),
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    cut: () => {
      for (const server of servers) void server.stop(true);
    },
  };
}

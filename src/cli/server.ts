// Bun.serve with the options that matter; each has its reason in facts that were seen by experiment.
import type { Server } from "bun";
import type { App } from "../app.ts";
import type { Caller } from "../http/door.ts";
import { IDLE_SECONDS } from "../http/entrance.ts";
import type { LimitIdle } from "../http/entrance.ts";
import { startAtEvery } from "./every-address.ts";

/** Certificate and key in PEM form. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

const COMMON = {
  // In development Bun prints a broken upstream's URL, with its query, and answers with an HTML page.
  development: false,
  // ccb has its own limits, with an answer that says so.
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
} as const;

const OWNER_ONLY = 0o177;

/** How a request came over the network. A class, as every request makes one. */
class NetworkCaller implements Caller {
  readonly socket = false;
  private readonly request: Request;
  private readonly server: Server<undefined>;

  constructor(request: Request, server: Server<undefined>) {
    this.request = request;
    this.server = server;
  }

  peer(): string | null {
    return this.server.requestIP(this.request)?.address ?? null;
  }
}

const AT_THE_SOCKET: Caller = { socket: true, peer: () => null };

/** Starts one listener. Throws Bun's error where the address is taken. */
export function startServer(hostname: string, port: number, app: App, tls: Tls | null): Server<undefined> {
  const limitIdle: LimitIdle = (limited, seconds) => server.timeout(limited, seconds);
  const server: Server<undefined> = Bun.serve({
    ...COMMON,
    hostname,
    port,
    // Bun shares a port silently where this is on: a second ccb would take half of the requests.
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    ...(tls === null ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    fetch: (request) => app.handle(request, limitIdle, new NetworkCaller(request, server)),
  });
  return server;
}

/** Starts the listener of a socket that only its owner may open. Throws Bun's error where the path is taken. */
export function startSocket(path: string, app: App): Server<undefined> {
  // Born so: a mode that is set afterwards leaves a moment in which others could connect.
  const before = process.umask(OWNER_ONLY);
  try {
    const limitIdle: LimitIdle = (limited, seconds) => server.timeout(limited, seconds);
    const server = Bun.serve({
      ...COMMON,
      unix: path,
      fetch: (request) => {
        // Bun's types know no idleTimeout here; its own is ten seconds.
        limitIdle(request, IDLE_SECONDS);
        return app.handle(request, limitIdle, AT_THE_SOCKET);
      },
    });
    return server;
  } finally {
    process.umask(before);
  }
}

export interface Loopback {
  readonly port: number;
  /** Resolves when the replies under way have reached their browser, or after a moment. */
  stop(): Promise<void>;
}

/** A browser keeps a connection open that it no longer needs, milliseconds. */
const LOOPBACK_GRACE_MS = 1_000;

function listenAtLoopback(listen: (hostname: string, port: number) => Server<undefined>): Server<undefined>[] {
  try {
    // Who sits at the other address would be brought the code.
    return startAtEvery(["127.0.0.1", "::1"], 0, listen);
  } catch {
    // The machine has no ::1.
    return startAtEvery(["127.0.0.1"], 0, listen);
  }
}

/** Listens at a free port of 127.0.0.1 and, where the machine has it, ::1: a browser may mean either by localhost. */
export function startLoopback(answer: (request: Request) => Promise<Response>): Loopback {
  const servers = listenAtLoopback((hostname, port) =>
    Bun.serve({ ...COMMON, hostname, port, reusePort: false, fetch: answer }),
  );
  return {
    port: servers[0]?.port ?? 0,
    async stop() {
      const ended = Promise.all(servers.map((server) => server.stop()));
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, LOOPBACK_GRACE_MS);
      await Promise.race([ended, promise]);
      clearTimeout(timer);
      for (const server of servers) void server.stop(true);
    },
  };
}

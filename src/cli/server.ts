// Bun.serve with the options that matter; each has its reason in facts that were seen by experiment.
import type { Server } from "bun";
import type { App } from "../app.ts";
import { IDLE_SECONDS } from "../http/entrance.ts";

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

/** Starts one listener. Throws Bun's error where the address is taken. */
export function startServer(hostname: string, port: number, app: App, tls: Tls | null): Server<undefined> {
  return Bun.serve({
    ...COMMON,
    hostname,
    port,
    // Bun shares a port silently where this is on: a second ccb would take half of the requests.
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    ...(tls === null ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    fetch: (request, server) =>
      app.handle(request, (limited, seconds) => server.timeout(limited, seconds), {
        socket: false,
        peer: () => server.requestIP(request)?.address ?? null,
      }),
  });
}

/** Starts the listener of a socket that only its owner may open. Throws Bun's error where the path is taken. */
export function startSocket(path: string, app: App): Server<undefined> {
  // Born so: a mode that is set afterwards leaves a moment in which others could connect.
  const before = process.umask(OWNER_ONLY);
  try {
    return Bun.serve({
      ...COMMON,
      unix: path,
      fetch: (request, server) => {
        // Bun's types know no idleTimeout here; its own is ten seconds.
        server.timeout(request, IDLE_SECONDS);
        const limitIdle = (limited: Request, seconds: number): void => server.timeout(limited, seconds);
        return app.handle(request, limitIdle, { socket: true, peer: () => null });
      },
    });
  } finally {
    process.umask(before);
  }
}

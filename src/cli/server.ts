// Bun.serve with the options that matter; each has its reason in facts that were seen by experiment.
import type { Server } from "bun";
import { IDLE_SECONDS } from "../app.ts";
import type { App } from "../app.ts";

/** Starts one listener. Throws Bun's error where the address is taken. */
export function startServer(hostname: string, port: number, app: App): Server<undefined> {
  return Bun.serve({
    hostname,
    port,
    // Bun shares a port silently where this is on: a second ccb would take half of the requests.
    reusePort: false,
    // In development Bun prints a broken upstream's URL, with its query, and answers with an HTML page.
    development: false,
    idleTimeout: IDLE_SECONDS,
    // ccb has its own limits, with an answer that says so.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request, server) => app.handle(request, (limited, seconds) => server.timeout(limited, seconds)),
  });
}

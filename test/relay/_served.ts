// The program in process behind a real socket: real clients and upstreams, a clock that only the test moves.
import { createWorld } from "../support/world.ts";
import type { World, WorldOptions } from "../support/world.ts";
import { keyed } from "../binary/_ccb.ts";

export interface Served {
  readonly world: World;
  readonly url: string;
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

interface ServedOptions extends Omit<WorldOptions, "config"> {
  readonly settings?: NonNullable<WorldOptions["config"]>["settings"];
  /** Of an upstream that the test started itself: requests are signed with a key. */
  readonly upstreamUrl?: string;
}

/** Serves a world on a loopback port. */
export async function startServed({ settings, upstreamUrl, ...options }: ServedOptions = {}): Promise<Served> {
  const world = await createWorld({
    vault: null,
    ...options,
    config: { ...(upstreamUrl === undefined ? {} : { providers: [keyed(upstreamUrl)] }), settings: settings ?? {} },
  });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    idleTimeout: 120,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request, self) => world.app.handle(request, (unlimited) => self.timeout(unlimited, 0)),
  });
  return {
    world,
    url: `http://127.0.0.1:${server.port}`,
    port: server.port ?? 0,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      await world[Symbol.asyncDispose]();
    },
  };
}

// The way of every request through the guard to its route, and what is noted of its caller meanwhile.
import type { ClientKey } from "../config/config.ts";
import { CcbError, codeOf } from "../core/errors.ts";
import type { Clock, Log } from "../core/ports.ts";
import { FULL_ACCESS } from "../relay/access.ts";
import type { Relay } from "../relay/relay.ts";
import type { Caller, Door } from "./door.ts";
import { answerHead, assertRoutable } from "./entry.ts";
import type { Admitted } from "./guard.ts";
import { isApi, pathOf } from "./proxy.ts";
import type { ProxyDeps } from "./proxy.ts";
import { createThrottle } from "./throttle.ts";

/** Seconds before a connection that says nothing is closed, outside proxied requests. */
export const IDLE_SECONDS = 120;
const LONGEST_LOGGED_PATH = 200;

/** Sets how long the connection of a request may be silent, seconds; 0: for ever. */
export type LimitIdle = (request: Request, seconds: number) => void;

const NOTHING = (): void => {};

/** What is noted of the caller of a request. */
class Guest {
  readonly admitted: Admitted;
  /** null: the limit is not touched. */
  readonly limitIdle: LimitIdle | null;
  /** Its key has room for another request. */
  leave = NOTHING;

  constructor(admitted: Admitted, limitIdle: LimitIdle | null) {
    this.admitted = admitted;
    this.limitIdle = limitIdle;
  }
}

/** Where a request carries its guest: in a WeakMap each would be one more thing for the garbage collector to weigh. */
const GUEST = Symbol("guest");

function guestOf(request: Request): Guest | null {
  const guest: unknown = Reflect.get(request, GUEST);
  return guest instanceof Guest ? guest : null;
}

export interface EntranceDeps {
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Log;
  readonly door: Door;
  readonly toResponse: (error: unknown, request: Request) => Response;
}

export interface Entrance {
  /** Answers a request: with what the guard says, or with its route. */
  handle(request: Request, limitIdle: LimitIdle, caller: Caller, route: Route): Promise<Response>;
  /** The relay for those whom the guard let through to the API, as often as their key may. */
  guarded(relay: Relay): ProxyDeps["relay"];
  /** The answer to a relayed request is about to end. */
  readonly onEnding: (request: Request) => void;
  /** Whether a caller may know how ccb stands. */
  readonly isTrusted: (request: Request) => boolean;
}

/** `path`: without the query. */
type Route = (request: Request, path: string) => Promise<Response>;

const accessOf = ({ key, ownKeyForUpstream }: Admitted) =>
  key === null && !ownKeyForUpstream
    ? FULL_ACCESS
    : { key: key?.name ?? null, allow: key?.allow ?? null, ownKeyForUpstream };

/** Creates the entrance. */
export function createEntrance({ clock, log, door, toResponse }: EntranceDeps): Entrance {
  const throttle = createThrottle(clock);

  function onEnding(request: Request): void {
    const guest = guestOf(request);
    guest?.leave();
    // Before the last byte: Bun takes no other limit for a connection afterwards.
    guest?.limitIdle?.(request, IDLE_SECONDS);
  }

  function logRefusal(error: unknown, request: Request, peer: string | null, key: ClientKey | null): void {
    const path = pathOf(request.url).slice(0, LONGEST_LOGGED_PATH);
    log.info("refused", { code: codeOf(error), method: request.method, path, peer, key: key?.name });
  }

  return {
    onEnding,
    isTrusted: (request) => guestOf(request)?.admitted.trusted === true,
    guarded: (relay) => (request, path, id) => {
      const guest = guestOf(request);
      // The guard goes by the path, and so does the router: should they ever differ, this is where it ends.
      if (guest?.admitted.api !== true)
        throw new CcbError("key_missing", (words) => words.access.keyNeeded({ only: false }));
      try {
        guest.leave = throttle.enter(guest.admitted.key);
      } catch (error) {
        logRefusal(error, request, null, guest.admitted.key);
        throw error;
      }
      // The relay has limits of its own, and says when they end. Whoever is refused before it keeps this one.
      guest.limitIdle?.(request, 0);
      return relay(request, path, id, accessOf(guest.admitted));
    },
    // No promise of its own: the route's is handed on.
    handle(request, limitIdle, caller, route) {
      let admitted: Admitted;
      const path = pathOf(request.url);
      try {
        assertRoutable(request);
        admitted = door.admit(request, path, caller);
      } catch (error) {
        logRefusal(error, request, caller.peer(), null);
        return Promise.resolve(toResponse(error, request));
      }
      const proxied = isApi(path);
      // The relay has limits of its own for uploads and replies, but none for a body that it does not read.
      const unread = (request.method === "GET" || request.method === "HEAD") && request.body !== null;
      const guest = new Guest(admitted, proxied && !unread ? limitIdle : null);
      Reflect.set(request, GUEST, guest);
      if (proxied || request.method !== "HEAD") return route(request, path);
      return answerHead(request, (asGet) => {
        Reflect.set(asGet, GUEST, guest);
        return route(asGet, path);
      });
    },
  };
}

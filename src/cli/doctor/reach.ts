// Whether the upstreams and the token endpoint are reached by ccb's own way. No credential is sent; any HTTP answer will do.
import type { RouteOf } from "../../app.ts";
import { codeOf } from "../../core/errors.ts";
import { USER_AGENT } from "../../core/version.ts";
import { notSent } from "../../relay/attempt.ts";
import { CHECK_MS } from "./bounded.ts";
import type { Context } from "./context.ts";
import { shownProxy } from "./destinations.ts";
import type { Destination } from "./destinations.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

const PROXY_LOGIN = 407;
const SILENT = "silent";

/** What a server said of the time. */
export interface TimeSaid {
  readonly origin: string;
  /** How far this machine is ahead, seconds. */
  readonly ahead: number;
}

export interface Reached {
  readonly finding: Finding;
  /** null: it said nothing of it. */
  readonly time: TimeSaid | null;
}

type Reason = "refused" | "unknown_host" | "tls" | "tunnel" | "proxy_login" | "silent" | "other";

function reasonOf(code: string): Reason {
  if (code === SILENT) return SILENT;
  if (code === "ERR_PROXY_TUNNEL") return "tunnel";
  const failure = notSent(code);
  return failure === "refused" || failure === "unknown_host" || failure === "tls" ? failure : "other";
}

/** Date has whole seconds; half of the way there and back counts for each. */
function timeSaid(response: Response, origin: string, before: number, after: number): TimeSaid | null {
  const said = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(said) ? null : { origin, ahead: ((before + after) / 2 - said) / 1000 };
}

async function reach(
  { check, name, url, origin, proxy: named }: Destination,
  { fetch, clock, words }: Context,
  routeOf: RouteOf,
): Promise<Reached> {
  const { doctor } = words;
  const route = routeOf(url, named);
  const proxy = route.proxy === false ? null : (shownProxy(route.proxy) ?? doctor.proxyUnreadable);
  const failed = (reason: Reason, code: string): Reached => ({
    finding: found(
      check,
      "problem",
      doctor.reachFailed({ name, origin, proxy, reason, code }),
      doctor.reachMend[reason],
    ),
    time: null,
  });
  const abort = new AbortController();
  const cancel = clock.after(CHECK_MS, () => abort.abort());
  const before = clock.now();
  try {
    const response = await fetch(url, {
      method: "HEAD",
      headers: new Headers({ "user-agent": USER_AGENT, accept: "*/*" }),
      signal: abort.signal,
      redirect: "manual",
      keepalive: false,
      timeout: false,
      ...route,
    });
    const { status } = response;
    if (status === PROXY_LOGIN && proxy !== null) return failed("proxy_login", `HTTP ${status}`);
    return {
      finding: found(check, "ok", doctor.reached({ name, origin, status })),
      time: timeSaid(response, origin, before, clock.now()),
    };
  } catch (error) {
    const code = abort.signal.aborted ? SILENT : codeOf(error);
    return failed(reasonOf(code), code);
  } finally {
    cancel();
  }
}

/** All of them at once, each within 5 s. */
export function checkReach(
  destinations: readonly Destination[],
  context: Context,
  routeOf: RouteOf,
): Promise<readonly Reached[]> {
  return Promise.all(destinations.map((destination) => reach(destination, context, routeOf)));
}

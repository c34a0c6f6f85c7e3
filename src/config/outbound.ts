// Which outbound proxy a request takes. fetch is told either this or "none": left to itself, Bun lets NO_PROXY
// override an explicit proxy, and a request that was to go through a proxy would go out directly.
import { Secret } from "../core/secret.ts";
import { isLoopbackHost } from "./origins.ts";

/** The environment's variables; which spelling (upper, lower) wins is for the caller. */
export interface ProxyEnvironment {
  readonly http_proxy?: string | undefined;
  readonly https_proxy?: string | undefined;
  readonly all_proxy?: string | undefined;
  readonly no_proxy?: string | undefined;
}

const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");

function splitPort(entry: string): readonly [host: string, port: string | undefined] {
  const match = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry);
  return match === null ? [entry, undefined] : [match[1] ?? "", match[2]];
}

/** curl's NO_PROXY: names match themselves and what is under them, a leading dot counts for nothing, `*` alone is everything. */
export function isExempt(url: URL, list: string): boolean {
  const host = bare(url.hostname);
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const [name, onlyPort] = splitPort(entry);
    const suffix = bare(name).replace(/^\./, "");
    if (suffix === "" || (onlyPort !== undefined && onlyPort !== port)) return false;
    return host === suffix || host.endsWith(`.${suffix}`);
  });
}

/**
 * The proxy for a request to `url`, or null for a direct connection. An explicit one always wins and is never bypassed.
 * Else the environment's: none for loopback, none where NO_PROXY says so, then the scheme's own variable, then ALL_PROXY.
 * A value that fetch cannot use (socks5://…) is returned as it is: the request must fail rather than go out directly.
 */
export function outboundProxy(url: string, explicit: Secret | null, environment: ProxyEnvironment): Secret | null {
  if (explicit !== null) return explicit;
  const target = URL.parse(url);
  if (target === null || isLoopbackHost(target.hostname)) return null;
  const own = target.protocol === "https:" ? environment.https_proxy : environment.http_proxy;
  const proxy = [own, environment.all_proxy]
    .map((value) => value?.trim())
    .find((value) => value !== undefined && value !== "");
  if (proxy === undefined || isExempt(target, environment.no_proxy ?? "")) return null;
  // As in curl, host:port without a scheme means http.
  return new Secret(proxy.includes("://") ? proxy : `http://${proxy}`);
}

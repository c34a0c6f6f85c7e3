// Who may call what: one decision before every route. Pure: facts of the request and rules of the configuration in, an
// error or what the caller may do out.
import { isLoopbackHost } from "../config/origins.ts";
import type { ClientKey } from "../config/config.ts";
import { CcbError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { Keys } from "./keys.ts";
import { PAGE_PATHS } from "./page-paths.ts";
import { isApi } from "./proxy.ts";

/** What is asked of a request. */
export interface CallFacts {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** As it was sent, with its port; null: there was none. */
  readonly host: string | null;
  readonly origin: string | null;
  readonly fetchSite: string | null;
  readonly fetchMode: string | null;
  readonly fetchDest: string | null;
  readonly contentType: string | null;
  hasBody(): boolean;
  /** It came over the owner-only socket. */
  readonly socket: boolean;
  /** The address it came from, asked for where that counts; null: not known. */
  peer(): string | null;
  readonly ccbKey: Secret | null;
  /** `x-api-key`, and what is behind `Authorization: Bearer`. */
  readonly credentials: readonly Secret[];
  /** Every word of the headers that a provider may pass on, whatever the scheme. */
  readonly forUpstream: readonly Secret[];
}

export interface CallRules {
  /** The connection is encrypted. */
  readonly tls: boolean;
  /** Names and addresses beside loopback that ccb answers under, as URLs have them. */
  readonly hosts: ReadonlySet<string>;
  /** Who may connect without TLS; null: everybody who can. */
  readonly plainHttp: ((address: string) => boolean) | null;
  readonly keys: Keys;
  /** Keys are asked for. */
  readonly keysNeeded: boolean;
  /** Whether management needs a key, too. On loopback: under a name of it, else a proxy may stand between. */
  readonly management: "open" | "open_on_loopback" | "key";
  readonly exemptPaths: ReadonlySet<string>;
  /** A provider takes the clients' own credentials: then only `x-ccb-key` is for ccb. */
  readonly passthrough: () => boolean;
}

export interface Admitted {
  /** null: it has shown none that counts. */
  readonly key: ClientKey | null;
  /** It may know how ccb stands: it has a key, or none is asked for. */
  readonly trusted: boolean;
  /** It may use the API. */
  readonly api: boolean;
  /** A credential for the upstream is one of ccb's own keys. */
  readonly ownKeyForUpstream: boolean;
}

/** Where a browser brings the code of a sign-in: authorised by its single-use state, whoever sent the browser there. */
const CALLBACKS: ReadonlySet<string> = new Set(["/callback"]);
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const isPage = ({ method, path }: CallFacts): boolean => READS.has(method) && PAGE_PATHS.has(path);
const isCallback = ({ method, path }: CallFacts): boolean => method === "GET" && CALLBACKS.has(path);

/** A link that a person followed, or an address typed: the page is shown in a tab of its own and nobody else reads it. */
const isNavigationToRoot = ({ method, path, origin, fetchMode, fetchDest }: CallFacts): boolean =>
  READS.has(method) && path === "/" && origin === null && fetchMode === "navigate" && fetchDest === "document";

/** Of a caller where nobody has a key and none is asked for. */
const OPEN: Admitted = { key: null, ownKeyForUpstream: false, trusted: true, api: true };

interface HostName {
  /** As it was sent, with its port. */
  readonly host: string;
  /** As URLs have it; "": it is none. */
  readonly name: string;
  readonly loopback: boolean;
}

function readHost(host: string): HostName {
  // A list, a path or a user name make no host, whatever a parser would make of them.
  const name = /[\s,/?#@\\]/.test(host) ? "" : (URL.parse(`http://${host}`)?.hostname ?? "");
  return { host, name, loopback: isLoopbackHost(name) };
}

/** The one that was read last: clients come under one name again and again. */
let lastHost = readHost("localhost");

/** DNS rebinding: a page under a name of its own that resolves here would count as ccb's own page. */
function checkHost({ host }: CallFacts, { hosts }: CallRules): HostName {
  if (host === null) throw new CcbError("invalid_request", (words) => words.http.badHost);
  if (lastHost.host !== host) lastHost = readHost(host);
  if (!lastHost.loopback && !hosts.has(lastHost.name))
    throw new CcbError("host_not_allowed", (words) => words.access.hostRefused);
  return lastHost;
}

/** A request that a browser sends for a page that is not ccb's: another port of localhost is another page. */
function checkPage(facts: CallFacts, { host, loopback }: HostName, { tls }: CallRules): void {
  const { origin, fetchSite } = facts;
  // No browser.
  if (origin === null && fetchSite === null) return;
  if (isCallback(facts) || isNavigationToRoot(facts)) return;
  // Under a name of the owner's a TLS proxy may stand in front.
  const schemes = tls ? ["https"] : loopback ? ["http"] : ["http", "https"];
  const foreign = origin !== null && !schemes.some((scheme) => origin === `${scheme}://${host}`);
  const otherSite = fetchSite !== null && fetchSite !== "same-origin" && fetchSite !== "none";
  if (foreign || otherSite) throw new CcbError("foreign_page", (words) => words.http.foreignPage);
}

/** A form of another page can send a body, but not as JSON without asking first (Fetch §2.2.2). */
function checkBody(facts: CallFacts): void {
  if (isApi(facts.path) || READS.has(facts.method) || !facts.hasBody()) return;
  if (!JSON_TYPE.test(facts.contentType ?? ""))
    throw new CcbError("unsupported_media_type", (words) => words.http.notJson);
}

function checkTransport(facts: CallFacts, { tls, plainHttp }: CallRules): void {
  if (tls || plainHttp === null || facts.socket) return;
  const address = facts.peer();
  if (address === null || !plainHttp(address))
    throw new CcbError("plain_http_refused", (words) => words.access.plainRefused);
}

/** Decides over a request, or rejects with the error that its caller gets. */
export function admit(facts: CallFacts, rules: CallRules): Admitted {
  checkTransport(facts, rules);
  const hostname = checkHost(facts, rules);
  checkPage(facts, hostname, rules);
  checkBody(facts);

  const { keys } = rules;
  // Most have no keys: their requests pay for no look at what they carry.
  if (keys.empty && (!rules.keysNeeded || facts.socket)) return OPEN;
  const { ccbKey, path, socket } = facts;
  const only = rules.passthrough();
  const own = keys.empty ? null : (facts.credentials.map((one) => keys.find(one)).find((key) => key !== null) ?? null);
  // The header that is ccb's alone decides: a limited key that was withdrawn must not turn into another one beside it.
  const key = ccbKey !== null ? keys.find(ccbKey) : only ? null : own;
  // Should a provider that passes credentials on be switched on in the middle of the request, it is not shown this one.
  const ownKeyForUpstream = !keys.empty && facts.forUpstream.some((word) => keys.find(word) !== null);
  if (!rules.keysNeeded || socket) return { key, ownKeyForUpstream, trusted: true, api: true };
  const admitted = { key, ownKeyForUpstream };

  const refuse = (): never => {
    if (ccbKey !== null || (!only && facts.credentials.length > 0))
      throw new CcbError("key_unknown", (words) => words.access.keyUnknown({ only }));
    throw new CcbError("key_missing", (words) => words.access.keyNeeded({ only }));
  };
  const open = rules.exemptPaths.has(path) || isCallback(facts) || isPage(facts);
  if (isApi(path)) return key === null ? refuse() : { ...admitted, trusted: true, api: true };
  if (open) return { ...admitted, trusted: key !== null, api: false };
  if (path === "/health") return key === null ? refuse() : { ...admitted, trusted: true, api: false };
  const { management } = rules;
  if (management === "open" || (management === "open_on_loopback" && hostname.loopback))
    return { ...admitted, trusted: true, api: false };
  if (key === null) return refuse();
  if (key.role !== "admin") throw new CcbError("key_role", (words) => words.access.adminNeeded);
  return { ...admitted, trusted: true, api: false };
}

// The guard at work: what a request says about its caller, held against the configuration in force.
import type { Config } from "../config/config.ts";
import { isEveryAddress, isExposed, managementNeedsKey } from "../config/exposure.ts";
import { toHostname } from "../config/listening-rules.ts";
import { createNetworks } from "../config/networks.ts";
import { Secret } from "../core/secret.ts";
import { admit } from "./guard.ts";
import type { Admitted, CallFacts, CallRules } from "./guard.ts";
import { createKeys } from "./keys.ts";

/** How a request came in. */
export interface Caller {
  /** Over the owner-only socket. */
  readonly socket: boolean;
  /** The address at the other end; null: not known. */
  readonly peer: () => string | null;
}

/** One of which nothing is known but that it came over the network. */
export const SOMEBODY: Caller = { socket: false, peer: () => null };

/** What stays bound until a restart, whatever the file says meanwhile. */
export interface Bound {
  readonly host: string;
  readonly tls: boolean;
}

function toRules(settings: Config["settings"], { host, tls }: Bound, passthrough: () => boolean): CallRules {
  const { auth, allowed_hosts, plain_http_from } = settings;
  // A name that is listened on is one that clients come under.
  const own = isEveryAddress(host) ? null : toHostname(host);
  return {
    tls,
    hosts: new Set(own === null ? allowed_hosts : [...allowed_hosts, own]),
    plainHttp: isExposed(host) && !tls ? createNetworks(plain_http_from) : null,
    keys: createKeys(auth.keys),
    keysNeeded: auth.enabled,
    management: managementNeedsKey(host, auth) ? "key" : (auth.admin ?? "open_on_loopback"),
    exemptPaths: new Set(auth.exempt_paths),
    passthrough,
  };
}

const BEARER = /^Bearer +(\S+)\s*$/i;
const secretOf = (text: string | null | undefined): Secret | null =>
  text === null || text === undefined || text === "" ? null : new Secret(text);

/** Of one header; a client sends one or two. */
const MOST_WORDS = 8;

/** A key may stand there without a scheme, under another one, or in a list: it is no credential so, and still a key. */
const wordsOf = (text: string | null): Secret[] =>
  (text ?? "")
    .split(/[\s,]+/, MOST_WORDS)
    .map(secretOf)
    .filter((secret) => secret !== null);

/** The facts of a request, each read when it is asked for: most requests are done after two or three. */
class RequestFacts implements CallFacts {
  readonly path: string;
  private readonly request: Request;
  private readonly headers: Headers;
  private readonly caller: Caller;

  constructor(request: Request, path: string, caller: Caller) {
    this.path = path;
    this.request = request;
    this.headers = request.headers;
    this.caller = caller;
  }

  get method(): string {
    return this.request.method;
  }
  get host(): string | null {
    const { url } = this.request;
    // A request that was not read from a socket says it in its URL alone.
    return this.headers.get("host") ?? (url.startsWith("/") ? null : (URL.parse(url)?.host ?? null));
  }
  get origin(): string | null {
    return this.headers.get("origin");
  }
  get fetchSite(): string | null {
    return this.headers.get("sec-fetch-site");
  }
  get fetchMode(): string | null {
    return this.headers.get("sec-fetch-mode");
  }
  get fetchDest(): string | null {
    return this.headers.get("sec-fetch-dest");
  }
  get contentType(): string | null {
    return this.headers.get("content-type");
  }
  hasBody(): boolean {
    const length = this.headers.get("content-length");
    return length === null ? this.request.body !== null : length !== "0";
  }
  get socket(): boolean {
    return this.caller.socket;
  }
  peer(): string | null {
    return this.caller.peer();
  }
  get ccbKey(): Secret | null {
    return secretOf(this.headers.get("x-ccb-key"));
  }
  get credentials(): readonly Secret[] {
    return [
      secretOf(this.headers.get("x-api-key")),
      secretOf(BEARER.exec(this.headers.get("authorization") ?? "")?.[1]),
    ].filter((secret) => secret !== null);
  }
  get forUpstream(): readonly Secret[] {
    return [...wordsOf(this.headers.get("x-api-key")), ...wordsOf(this.headers.get("authorization"))];
  }
}

export interface Door {
  /** Decides over a request, `path` being its own without the query; rejects with the error that its caller gets. */
  admit(request: Request, path: string, caller: Caller): Admitted;
  /** Another configuration is in force. */
  replace(settings: Config["settings"]): void;
}

/** Creates the guard of what is bound. `passthrough`: whether a provider takes the clients' own credentials now. */
export function createDoor(settings: Config["settings"], bound: Bound, passthrough: () => boolean): Door {
  let rules = toRules(settings, bound, passthrough);
  return {
    admit: (request, path, caller) => admit(new RequestFacts(request, path, caller), rules),
    replace(next) {
      rules = toRules(next, bound, passthrough);
    },
  };
}

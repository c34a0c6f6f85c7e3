// What points Claude Code, and other clients of the Anthropic API, at ccb. Pure.
import type { Config, Provider } from "../../config/config.ts";

/** Any word keeps Claude Code from asking for a login of its own; ccb takes it off and signs instead. */
const PLACEHOLDER = "ccb";
const KEY_HEADER = "x-ccb-key";
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

export type Variables = Readonly<Record<string, string>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** How a client of this configuration proves who it is. */
export function credentialKind({ providers, settings }: Pick<Config, "providers" | "settings">) {
  const enabled = providers.filter((provider) => provider.enabled);
  const passes = ({ credential }: Provider): boolean => credential.kind === "passthrough";
  return {
    /** A key is asked for. */
    keyNeeded: settings.auth.enabled,
    /** The client's own credential goes to the upstream, so that ccb's key has a header of its own. */
    besides: enabled.some(passes),
    /** Nothing else is there: a placeholder would be what is sent upstream. */
    own: enabled.length > 0 && enabled.every(passes),
  };
}

/** A list of hosts that are called directly, with loopback and the server's own host in it. */
export function mergeNoProxy(before: string | undefined, url: string): string {
  const named = (before ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  if (named.includes("*")) return "*";
  const host = new URL(url).hostname.replaceAll(/^\[|\]$/g, "");
  return [...new Set([...named, ...LOOPBACK, host])].join(",");
}

/** The headers that a client sends besides its own (`Name: Value`, one a line), with ccb's key among them. */
function mergeHeaders(before: string | undefined, key: string): string {
  const others = (before ?? "").split("\n").filter((line) => line.trim() !== "" && !/^\s*x-ccb-key\s*:/i.test(line));
  return [...others, `${KEY_HEADER}: ${key}`].join("\n");
}

/** What is to be set. `env`: the environment as the person has it; `key`: "" where there is none. */
export function clientVariables(config: Config, url: string, key: string, env: Environment): Variables {
  const { keyNeeded, besides, own } = credentialKind(config);
  const sent = keyNeeded && key !== "" ? key : null;
  const noProxy = mergeNoProxy(env["no_proxy"] ?? env["NO_PROXY"], url);
  return {
    ANTHROPIC_BASE_URL: url,
    ...(besides
      ? {
          // Where a key goes beside it, the client is expected to bring a credential of its own.
          ...(own || keyNeeded ? {} : { ANTHROPIC_AUTH_TOKEN: PLACEHOLDER }),
          ...(sent === null ? {} : { ANTHROPIC_CUSTOM_HEADERS: mergeHeaders(env["ANTHROPIC_CUSTOM_HEADERS"], sent) }),
        }
      : { ANTHROPIC_AUTH_TOKEN: sent ?? PLACEHOLDER }),
    NO_PROXY: noProxy,
    // Where both are there, programs differ in which they read.
    ...(env["no_proxy"] === undefined ? {} : { no_proxy: noProxy }),
  };
}

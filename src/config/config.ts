// What is in force once a file has been read, checked and completed: the types the rest of ccb works with.
import type { Secret } from "../core/secret.ts";
import type { Problem } from "./problem.ts";
import type { PriceFields, ProviderFields, SettingsFields } from "./schema.ts";

/** How a provider's requests are signed; stands in place of `auth_value`. */
export type Credential =
  | { readonly kind: "oauth" }
  | { readonly kind: "passthrough" }
  | { readonly kind: "key"; readonly key: Secret };

/** An account that a provider may use; null: as the provider's own. */
export interface AccountRule {
  /** The email, or the name that tells organizations under one email apart. */
  readonly email: string;
  readonly priority: number | null;
  readonly weight: number | null;
  /** This much of each of its windows is left to its owner. */
  readonly reserve_percent: number;
}

/** One entry of `providers`, resolved. */
export interface Provider extends Readonly<Omit<ProviderFields, "base_url" | "auth_value" | "accounts" | "proxy">> {
  /** Without a trailing slash; a path prefix is kept: base_url + "/v1/messages". */
  readonly base_url: string;
  /** Scheme, host and port of base_url. */
  readonly origin: string;
  readonly credential: Credential;
  /** Explicit outbound proxy; never bypassed. null: the environment's, if any (see outboundProxy). */
  readonly proxy: Secret | null;
  /** Only these OAuth accounts; null: all. */
  readonly accounts: readonly AccountRule[] | null;
  /** Whether an access token (`sk-ant-oat…`), ours or a client's, may be sent to this origin. */
  readonly claudeTokensAllowed: boolean;
}

export interface RouteEntry {
  /** The name of one of the providers, enabled or not. */
  readonly provider: string;
  /** `passthrough`: the name stays; else the name that this provider is sent. */
  readonly model: string;
  /** Lower is tried first; stands in place of the provider's own. null: the provider's own. */
  readonly priority: number | null;
}

/** One entry of `model_routes`. */
export interface ModelRoute {
  /** `*` any characters, `?` one; upper and lower case are alike. */
  readonly pattern: string;
  /** At least one. */
  readonly entries: readonly RouteEntry[];
}

interface OAuthSettings extends Readonly<Omit<SettingsFields["oauth"], "proxy" | "allowed_origins">> {
  readonly proxy: Secret | null;
  /** Normalised: scheme, host and port. */
  readonly allowed_origins: readonly string[];
}

/** What a client's key reaches; null: all of that kind. */
export interface AllowList {
  /** Names of providers. */
  readonly providers: readonly string[] | null;
  /** Emails or names of accounts; without `providers` beside it, nothing but these accounts. */
  readonly accounts: readonly string[] | null;
  /** `*` any characters, `?` one; upper and lower case are alike. */
  readonly models: readonly string[] | null;
}

/** One who may call. */
export interface ClientKey {
  /** Unique; goes into the log. */
  readonly name: string;
  /** `sha256`: of the key, 64 hexadecimal digits in lower case. */
  readonly secret: { readonly kind: "key" | "sha256"; readonly text: Secret };
  /** `client`: /v1/* and /health; `admin`: everything. */
  readonly role: "client" | "admin";
  readonly allow: AllowList | null;
  readonly requests_per_minute: number | null;
  readonly max_concurrent: number | null;
}

export interface AuthSettings {
  readonly enabled: boolean;
  /** `api_key` is the one called "api_key". Empty while `enabled` is false. */
  readonly keys: readonly ClientKey[];
  /** Paths that need no key. */
  readonly exempt_paths: readonly string[];
  /** Whether management needs a key; null: where others than this machine can connect. */
  readonly admin: "open" | "key" | null;
}

export interface TlsSettings {
  /** Absolute where the file is known. */
  readonly cert: string;
  readonly key: string;
  /** Of the certificate that was there when the configuration was read; "": it was not looked at. */
  readonly fingerprint: string;
}

export interface NotifySettings extends Readonly<Omit<SettingsFields["notify"], "webhook">> {
  /** Its path often is the secret. null: nobody is told so. */
  readonly webhook: Secret | null;
}

export interface UsageSettings extends Readonly<Omit<SettingsFields["usage"], "prices">> {
  /** By model, or a pattern of names. */
  readonly prices: Readonly<Record<string, PriceFields>>;
}

type Resolved = "oauth" | "timeouts" | "balancing" | "ca_file" | "auth" | "tls" | "socket" | "notify" | "usage";

export interface Settings extends Readonly<Omit<SettingsFields, Resolved>> {
  readonly oauth: OAuthSettings;
  /** Seconds; 0: none. */
  readonly timeouts: Readonly<SettingsFields["timeouts"]>;
  readonly balancing: Readonly<SettingsFields["balancing"]>;
  /** Absolute where the file is known: a relative one is taken from the file's folder. */
  readonly ca_file: string | null;
  readonly auth: AuthSettings;
  readonly tls: TlsSettings | null;
  /** Path of the owner-only socket, absolute where the file is known. */
  readonly socket: string | null;
  readonly usage: UsageSettings;
  readonly notify: NotifySettings;
}

export interface Config {
  /** The file read; null: the default that is embedded in the program. */
  readonly file: string | null;
  readonly warnings: readonly Problem[];
  readonly providers: readonly Provider[];
  /** In the order of the file: the first whose pattern fits decides. */
  readonly model_routes: readonly ModelRoute[];
  readonly settings: Settings;
}

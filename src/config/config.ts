// What is in force once a file has been read, checked and completed: the types the rest of ccb works with.
import type { Secret } from "../core/secret.ts";
import type { Problem } from "./problem.ts";
import type { ProviderFields, SettingsFields } from "./schema.ts";

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

export interface Settings extends Readonly<Omit<SettingsFields, "oauth" | "timeouts" | "balancing" | "ca_file">> {
  readonly oauth: OAuthSettings;
  /** Seconds; 0: none. */
  readonly timeouts: Readonly<SettingsFields["timeouts"]>;
  readonly balancing: Readonly<SettingsFields["balancing"]>;
  /** Absolute where the file is known: a relative one is taken from the file's folder. */
  readonly ca_file: string | null;
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

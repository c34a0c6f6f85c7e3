// What a service manager has to be told about ccb: the facts that every kind of unit is generated from.

/** Whose service it is: a person's own, or the machine's, under a user that systemd makes for it. */
export type Scope = "user" | "system";

/** One name everywhere: the unit, its folders, the credential of the store. */
export const SERVICE_NAME = "ccb";

/** The credential that holds the key of the file store; ccb reads `$CREDENTIALS_DIRECTORY/ccb-store-key`. */
export const STORE_KEY_CREDENTIAL = "ccb-store-key";

/** Where the key of a system service's store is looked for, readable by root alone. */
export const SYSTEM_STORE_KEY = "/etc/ccb/store.key";

/** What comes after the last stream has ended or was cut: the flush, which waits at most 5 s for the store, and some air. */
const AFTER_GRACE_SECONDS = 15;

export interface ServicePlan {
  readonly scope: Scope;
  /** The binary's absolute path. */
  readonly program: string;
  /** Absolute path of the configuration, null: found as `ccb serve` finds it. */
  readonly config: string | null;
  /** Absolute path of the file with the store's key, null: the store needs none. */
  readonly storeKey: string | null;
  /** Absolute path of `NAME=value` lines for `${NAME}` of providers.yaml; it may be missing. Not in the unit: anybody may read that. */
  readonly environmentFile: string;
  /** A person's state folder, absolute; a system service gets one from systemd. */
  readonly stateDirectory: string;
  /** `settings.socket`, absolute; null: none. Its folder has to be writable. */
  readonly socket: string | null;
  /** `$XDG_STATE_HOME` where the person set it: the lock of the store must be the same one for the service and for a terminal. */
  readonly stateHome: string | null;
  /** `settings.shutdown_grace_seconds` */
  readonly graceSeconds: number;
  /** `settings.port`: below 1024 it takes a right of its own. */
  readonly port: number;
  /** false: this machine lets no ordinary user make namespaces, so that a unit that asks for them would not start. */
  readonly namespaces: boolean;
  /** macOS: the file for what ccb prints. */
  readonly logFile: string;
}

/** How long a stop may take before the manager kills: the streams' grace and what comes after it, seconds. */
export const stopSeconds = (graceSeconds: number): number => Math.ceil(graceSeconds) + AFTER_GRACE_SECONDS;

/** The arguments of the program. */
export const serveArguments = (plan: ServicePlan): readonly string[] => [
  "serve",
  ...(plan.config === null ? [] : ["--config", plan.config]),
];

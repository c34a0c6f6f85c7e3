// The flags of the commands that read the configuration as the server does.
import type { Flags } from "../config/overrides.ts";

/** As commander gives them. */
export interface FlagOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly logLevel?: string;
}

export const toFlags = ({ config, host, port, logLevel }: FlagOptions): Flags => ({
  config,
  host,
  port,
  log_level: logLevel,
});

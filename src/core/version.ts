// The version, from package.json, bundled at build time.
import manifest from "../../package.json" with { type: "json" };

export const VERSION: string = manifest.version;

/** What ccb calls itself on its own calls, and for a client that sent no User-Agent (RFC 9110 §10.1.5). */
export const USER_AGENT = `ccb/${VERSION}`;

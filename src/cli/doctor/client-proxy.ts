// Which proxy Claude Code takes. Unlike ccb it asks the proxy for loopback too, unless NO_PROXY says otherwise. Pure.
import { isExempt } from "../../config/outbound.ts";
import type { ClientEnvironment } from "./claude-settings.ts";

/** In the order in which they are looked at, whatever the scheme. */
const VARIABLES = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"] as const;

interface ClientProxy {
  readonly name: string;
  /** May hold a password. */
  readonly address: string;
}

/** The proxy for an address; null: it is called directly. */
export function clientProxy(client: ClientEnvironment, url: URL): ClientProxy | null {
  const name = VARIABLES.find((variable) => client.get(variable) !== undefined);
  if (name === undefined) return null;
  const exempt = client.get("no_proxy") ?? client.get("NO_PROXY");
  const address = client.get(name)?.value ?? "";
  return isExempt(url, exempt?.value ?? "") ? null : { name, address };
}

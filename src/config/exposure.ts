// Whom ccb's addresses can be reached by, and what has to be asked of them before it listens there. Pure.
import type { Say } from "../core/errors.ts";
import type { AuthSettings } from "./config.ts";
import { isLoopbackHost } from "./origins.ts";

/** `settings.host` for no address at all: only the socket is listened at. */
export const NO_HOST = "none";

/** Whether a host means every address of the machine, however it is written: none that clients come under. */
export function isEveryAddress(host: string): boolean {
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return (
    host === "*" || /^(?:0\.0\.0\.0|\[::\]|\[::ffff:0:0\])$/.test(URL.parse(`http://${bracketed}/`)?.hostname ?? "")
  );
}

/** Whether others than this machine may reach an address. */
export function isExposed(host: string): boolean {
  // A name under localhost may be asked of a name server, which decides what is listened on.
  return host !== NO_HOST && (!isLoopbackHost(host) || /\.localhost$/i.test(host));
}

export interface Exposure {
  readonly host: string;
  readonly auth: Pick<AuthSettings, "enabled" | "admin">;
  readonly tls: object | null;
  readonly plain_http_from: readonly string[];
}

/** Why ccb does not listen so, with the lines that mend it; null: it does. */
export function refuseExposure({ host, auth, tls, plain_http_from }: Exposure): Say | null {
  if (!isExposed(host)) return null;
  const needsKeys = !auth.enabled;
  const needsTls = tls === null && plain_http_from.length === 0;
  if (needsKeys || needsTls) return (words) => words.access.exposed({ host, needsKeys, needsTls });
  return auth.admin === "open" ? (words) => words.access.adminOpen({ host }) : null;
}

/** Whether management needs a key, for an address that is listened at. */
export function managementNeedsKey(host: string, { enabled, admin }: Exposure["auth"]): boolean {
  return enabled && (admin === null ? isExposed(host) : admin === "key");
}

/** What is not refused and will still not be what was wanted. */
export function exposureWarnings(settings: {
  readonly host: string;
  readonly auth: AuthSettings;
  readonly tls: object | null;
  readonly socket: string | null;
  readonly allowed_hosts: readonly string[];
  readonly plain_http_from: readonly string[];
}): readonly Say[] {
  const { host, auth, tls, socket, allowed_hosts, plain_http_from } = settings;
  if (refuseExposure(settings) !== null) return [];
  const found: Say[] = [];
  const adminKey = auth.keys.some(({ role }) => role === "admin");
  if (managementNeedsKey(host, auth) && !adminKey && socket === null) found.push((words) => words.access.noAdminKey);
  if (isEveryAddress(host) && allowed_hosts.length === 0) found.push((words) => words.access.noAllowedHosts);
  // To ccb, whoever comes through a proxy on this machine is on this machine.
  const named = (name: string): boolean =>
    !name.includes("*") && URL.parse(`http://${name}/`)?.hostname === name && !isLoopbackHost(name);
  if (!auth.enabled && host !== NO_HOST && allowed_hosts.some(named))
    found.push((words) => words.access.namesWithoutKeys);
  if (plain_http_from.some((range) => range.endsWith("/0")) && tls === null && isExposed(host))
    found.push((words) => words.access.plainFromAnywhere);
  return found;
}

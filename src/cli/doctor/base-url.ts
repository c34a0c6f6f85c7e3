// Where ANTHROPIC_BASE_URL leads. Pure.
import type { Config } from "../../config/config.ts";
import { toHostname } from "../../config/listening-rules.ts";
import { isLoopbackHost, parseHttpUrl } from "../../config/origins.ts";
import type { Words } from "../../core/words/en.ts";
import { urlOf } from "../listen.ts";
import type { ClientEnvironment } from "./claude-settings.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

const NAME = "ANTHROPIC_BASE_URL";

interface BaseUrl {
  /** Where it leads, if that is this ccb; else null. */
  readonly url: URL | null;
  readonly finding: Finding;
}

const portOf = (url: URL): number => (url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port));

/** Whether an address is one of those that ccb is reached at. */
function isOurs(url: URL, { host, port, allowed_hosts }: Config["settings"]): boolean {
  if (port !== 0 && portOf(url) !== port) return false;
  const { hostname } = url;
  // What is listened at everywhere has names that only a name server knows.
  if (/^(?:0\.0\.0\.0|::|\*)$/.test(host)) return true;
  return [host, ...allowed_hosts].some(
    (name) => toHostname(name) === hostname || (isLoopbackHost(name) && isLoopbackHost(hostname)),
  );
}

/** An address without what may be secret in it: a gateway's path can be. */
const shown = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname === "/" ? "" : "/…"}`;

/** Whether the variable leads to this ccb, in the form that Claude Code needs. */
export function judgeBaseUrl(client: ClientEnvironment, { settings }: Config, { doctor }: Words): BaseUrl {
  const bad = (level: "warning" | "problem", text: string, advice: string): BaseUrl => ({
    url: null,
    finding: found("claude_code", level, text, advice),
  });
  const ours = urlOf(settings);
  if (ours === null) return bad("problem", doctor.onlySocket, doctor.onlySocketMend);
  const set = client.get(NAME);
  if (set === undefined) return bad("warning", doctor.baseUrlUnset, doctor.baseUrlUnsetMend);
  const name = doctor.from({ name: NAME, source: set.source });
  const url = parseHttpUrl(set.value);
  const advice = doctor.baseUrlMend({ ours });
  if (url === null) return bad("problem", doctor.baseUrlBad({ name }), advice);
  if (!isOurs(url, settings)) return bad("warning", doctor.baseUrlElsewhere({ name, url: shown(url), ours }), advice);
  const scheme = settings.tls === null ? "http" : "https";
  if (url.protocol !== `${scheme}:`) return bad("problem", doctor.baseUrlScheme({ name, scheme }), advice);
  if (url.pathname !== "/") return bad("problem", doctor.baseUrlPath({ name, path: url.pathname }), advice);
  return { url, finding: found("claude_code", "ok", doctor.baseUrlOurs({ name, url: shown(url) })) };
}

// Which proxy is in force for which host, and who says so. Pure.
import { isLoopbackHost } from "../../config/origins.ts";
import { outboundProxy } from "../../config/outbound.ts";
import type { ProxyEnvironment } from "../../config/outbound.ts";
import type { Words } from "../../core/words/en.ts";
import { shownProxy } from "./destinations.ts";
import type { Destination } from "./destinations.ts";
import { found } from "./report.ts";
import type { Finding } from "./report.ts";

/** The variable that the environment's proxy for an address comes from. */
function variableOf(url: URL, environment: ProxyEnvironment): string {
  const own = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  return ((environment[own] ?? "").trim() === "" ? "all_proxy" : own).toUpperCase();
}

function judge({ url: text, proxy: named }: Destination, environment: ProxyEnvironment, { doctor }: Words): Finding {
  const url = new URL(text);
  const { host } = url;
  const proxy = outboundProxy(text, named, environment);
  const name = named === null ? variableOf(url, environment) : "proxy";
  if (proxy !== null) {
    const shown = shownProxy(proxy.reveal());
    if (shown === null)
      return found("proxy", "problem", doctor.proxyUnusable({ host, name }), doctor.proxyUnusableMend);
    const say = named === null ? doctor.proxyEnvironment({ host, proxy: shown, name }) : doctor.proxyOwn({ host, proxy: shown }); // prettier-ignore
    return found("proxy", "ok", say);
  }
  if (isLoopbackHost(url.hostname)) return found("proxy", "ok", doctor.proxyLoopback({ host }));
  const exempt = outboundProxy(text, null, { ...environment, no_proxy: "" }) !== null;
  return found("proxy", "ok", exempt ? doctor.proxyExempt({ host }) : doctor.proxyDirect({ host }));
}

/** One finding a host and way; a single one where there is no proxy at all. */
export function judgeProxies(
  destinations: readonly Destination[],
  environment: ProxyEnvironment,
  words: Words,
): readonly Finding[] {
  const { no_proxy: _, ...proxies } = environment;
  const none = Object.keys(proxies).length === 0 && destinations.every(({ proxy }) => proxy === null);
  if (none) return [found("proxy", "ok", words.doctor.noProxy)];
  const findings = destinations.map((destination) => judge(destination, environment, words));
  return [...new Map(findings.map((finding) => [finding.text, finding])).values()];
}

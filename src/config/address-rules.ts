// Rules for addresses: what a URL may carry, and that nothing leaves this machine in the clear.
import { isEncryptedOrLocal, parseHttpUrl } from "./origins.ts";
import type { Pointer, Report } from "./report.ts";

/** Reports what is wrong with an http(s) URL, everything at once; returns it if nothing is. */
export function checkUrl(text: string, allow: { readonly query: boolean }, at: Pointer, report: Report): URL | null {
  const url = parseHttpUrl(text);
  if (url === null) {
    report.error(at, (words) => words.config.urlInvalid);
    return null;
  }
  let sound = true;
  const refuse = (wrong: boolean, say: Parameters<Report["error"]>[1]): void => {
    if (!wrong) return;
    sound = false;
    report.error(at, say);
  };
  // An empty query, fragment or userinfo leaves no trace in the parsed URL.
  refuse(!allow.query && text.includes("?"), (words) => words.config.urlQuery);
  refuse(text.includes("#"), (words) => words.config.urlFragment);
  refuse(url.username !== "" || url.password !== "", (words) => words.config.urlUserinfo);
  refuse(!isEncryptedOrLocal(url), (words) => words.config.urlInTheClear);
  return sound ? url : null;
}

/** Reports what is wrong with an outbound proxy; returns its URL if nothing is. */
export function checkProxy(text: string, at: Pointer, report: Report): URL | null {
  if (/^socks/i.test(text.trim())) {
    report.error(at, (words) => words.config.proxySocks);
    return null;
  }
  const url = parseHttpUrl(text);
  if (url === null || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    report.error(at, (words) => words.config.proxyInvalid);
    return null;
  }
  return url;
}

/** Reports what is wrong with an entry of `allowed_origins`; returns the origin if nothing is. */
export function checkOrigin(text: string, at: Pointer, report: Report): string | null {
  const url = checkUrl(text, { query: false }, at, report);
  if (url === null) return null;
  if (url.pathname === "/") return url.origin;
  report.error(at, (words) => words.config.originWithPath);
  return null;
}

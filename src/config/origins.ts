// Where a token may go: hosts that are this machine, and origins that are allowed.

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x1f\x7f]/;

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
/** 127.0.0.0/8, in the one spelling that every parser takes for it. */
const LOOPBACK_IPV4 = new RegExp(`^127(?:\\.${BYTE}){3}$`);

/** The URL of an http or https address, else null. */
export function parseHttpUrl(text: string): URL | null {
  // The parser drops CR, LF and TAB without a word: what is shown and what is called would differ.
  if (CONTROL.test(text)) return null;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") return null;
  return url;
}

/**
 * Whether a host is this machine: 127.0.0.0/8, ::1 (with or without brackets, in any spelling), localhost and
 * *.localhost, which RFC 6761 §6.3 keeps for loopback.
 */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase();
  if (LOOPBACK_IPV4.test(host)) return true;
  if (host.includes(":")) {
    const bare = host.startsWith("[") ? host : `[${host}]`;
    return URL.parse(`http://${bare}/`)?.hostname === "[::1]";
  }
  return /^(?:[a-z0-9-]+\.)*localhost$/.test(host);
}

/** Off this machine nothing travels without TLS. */
export function isEncryptedOrLocal(url: URL): boolean {
  return url.protocol === "https:" || isLoopbackHost(url.hostname);
}

/** Whether `url` may receive tokens that belong to `home`: home itself, loopback, or an allowed origin; never in the clear off loopback. */
export function mayReceiveTokens(url: URL, home: string, allowedOrigins: readonly string[]): boolean {
  if (!isEncryptedOrLocal(url)) return false;
  return url.origin === home || isLoopbackHost(url.hostname) || allowedOrigins.includes(url.origin);
}

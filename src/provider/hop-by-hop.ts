// Headers that belong to one connection and end there (RFC 9110 §7.6.1), with those that old programs still send.

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Tells whether a header ends at this hop: by its name, or because `Connection` names it. Names are lower case. */
export function hopByHopTest(connection: string | null): (name: string) => boolean {
  if (connection === null) return (name) => HOP_BY_HOP.has(name);
  const named = new Set(connection.split(",").map((token) => token.trim().toLowerCase()));
  return (name) => HOP_BY_HOP.has(name) || named.has(name);
}

// Headers that belong to one connection and end there (RFC 9110 §7.6.1), with those that old programs still send.
import type { Fields } from "./fields.ts";

const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** RFC 9110 §5.6.2: what a header's name may be. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/**
 * A copy of the headers without those that end at this hop: the list, and what `Connection` names. `fields`: theirs, where
 * they are known already.
 */
export function endToEnd(headers: Headers, fields: Fields | null = null): Headers {
  const copy = new Headers(headers);
  const connection = fields === null ? headers.get("connection") : fields["connection"];
  for (const name of connection?.split(",") ?? []) if (TOKEN.test(name.trim())) copy.delete(name.trim());
  for (const name of HOP_BY_HOP) if (fields === null || fields[name] !== undefined) copy.delete(name);
  return copy;
}

// A name that stands in a path, as Elysia hands it over.
import { CcbError } from "../core/errors.ts";

/** Elysia has decoded it; null where the path's escapes are no UTF-8, whatever its types say. Throws `invalid_request`. */
export function assertDecoded(name: string | null): string {
  if (name === null) throw new CcbError("invalid_request", (words) => words.http.badPath);
  return name;
}

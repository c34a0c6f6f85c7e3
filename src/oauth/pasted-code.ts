// What a person copies from the browser after the sign-in: CODE, CODE#STATE or the whole callback URL.
import { CcbError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";

export interface PastedCode {
  readonly code: Secret;
  readonly state: string | null;
}

/** Far above any code seen; what is longer is something else that was pasted by mistake. */
const LENGTH_LIMIT = 4_096;

/** RFC 6749 Appendix A.11 and A.5: code and state are VSCHAR. Spaces inside mean that more than a code was copied. */
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Takes a pasted code apart. Rejects with `login_code_invalid`, which says how it should look and never repeats it;
 * a callback URL that carries `error=access_denied` says so.
 */
export function parsePastedCode(pasted: string): PastedCode {
  const text = pasted.trim();
  if (text.length === 0 || text.length > LENGTH_LIMIT) throw malformed();
  if (/^https?:\/\//i.test(text)) return fromUrl(text);
  const [code = "", state, ...more] = text.split("#");
  return checked(code, state ?? null, more);
}

function fromUrl(text: string): PastedCode {
  // Not `new URL` and its error as the cause: that error holds the text.
  const url = URL.parse(text);
  if (url === null) throw malformed();
  // RFC 6749 §4.1.2.1: the server says no by sending `error` in place of `code`.
  if (url.searchParams.has("error")) throw new CcbError("login_code_invalid", (words) => words.login.denied);
  // The page that shows a code may put the state behind it in one parameter, as it does on the page itself.
  const [code = "", state, ...more] = (url.searchParams.get("code") ?? "").split("#");
  return checked(code, url.searchParams.get("state") ?? state ?? null, more);
}

function checked(code: string, state: string | null, more: readonly string[]): PastedCode {
  if (!VISIBLE.test(code) || more.length > 0) throw malformed();
  if (state !== null && !VISIBLE.test(state)) throw malformed();
  return { code: new Secret(code), state };
}

const malformed = (): CcbError => new CcbError("login_code_invalid", (words) => words.login.codeMalformed);

// JSON bodies of ccb's own endpoints: right type, small, checked by a schema; never echoed.
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CcbError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { readWhole } from "../relay/request-body.ts";

/** The longest body of ccb's own endpoints is a pasted callback URL. */
const LIMIT_BYTES = 64 * 1024;
const IDLE_MS = 10_000;

/**
 * Reads and checks a JSON body. Rejects with `unsupported_media_type`, `body_too_large`, `upload_timeout`,
 * `invalid_json` or `invalid_fields`; the messages name fields, never their values.
 */
export async function readJson<S extends TSchema>(request: Request, schema: S, clock: Clock): Promise<Static<S>> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new CcbError("unsupported_media_type", (words) => words.http.notJson);
  }
  const text = await readText(request, clock);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not as the cause: a JSON error quotes what it stumbled over, and that may be a code.
    throw new CcbError("invalid_json", (words) => words.http.brokenJson);
  }
  if (!Value.Check(schema, value)) {
    const fields = [...new Set([...Value.Errors(schema, value)].map(({ path }) => path.slice(1).split("/")[0] ?? ""))];
    const named = fields.map((field) => (/^\w{1,40}$/.test(field) ? field : "body")).join(", ");
    throw new CcbError("invalid_fields", (words) => words.http.invalidFields({ fields: named }));
  }
  return value;
}

async function readText(request: Request, clock: Clock): Promise<string> {
  const tooLarge = (): CcbError => new CcbError("body_too_large", (words) => words.http.bodyTooLong);
  if (Number(request.headers.get("content-length") ?? 0) > LIMIT_BYTES) throw tooLarge();
  if (request.body === null) return "";
  const { bytes } = await readWhole(request.body, { limit: LIMIT_BYTES, idleMs: IDLE_MS, tooLarge }, clock);
  return new TextDecoder().decode(bytes);
}

// Which conversation a request belongs to: the client's header, else what it wrote into metadata.user_id.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { compiledCheck } from "../core/compiled-check.ts";
import { memberNearEnd, memberRanges, parseRange, toBuffer } from "./json-members.ts";

/** The clients' ids are UUIDs; what is much longer is no id, and would be kept ten thousand times. */
const SessionId = Type.String({ minLength: 1, maxLength: 128 });
// Compiled: every request is held against it.
const SessionIdCheck = compiledCheck(SessionId);
const MetadataSchema = Type.Object({ user_id: Type.String({ maxLength: 4096 }) });
/** Since 2.1.78 the user id is itself a JSON text (facts D). */
const UserIdSchema = Type.Object({ session_id: SessionId });
/** Before: `user_<hex>_account_<uuid>_session_<uuid>`. */
const OLD_FORM = /_session_([0-9a-fA-F-]{36})$/;

/**
 * The session of a request: `X-Claude-Code-Session-Id`, else the session in `metadata.user_id`, else null. Without the
 * header the body is scanned, not parsed, and not even scanned where the word `"metadata"` does not stand in it as
 * such.
 */
export function sessionIdOf(headers: Headers, body: Uint8Array | null): string | null {
  const header = headers.get("x-claude-code-session-id")?.trim();
  if (header !== undefined && SessionIdCheck.Check(header)) return header;
  if (body === null || !toBuffer(body).includes('"metadata"')) return null;
  // Most clients write it behind the conversation, which is long.
  const range = memberNearEnd(body, "metadata") ?? memberRanges(body, "metadata").at(-1);
  const metadata = range === undefined ? null : parseRange(body, range);
  return Value.Check(MetadataSchema, metadata) ? sessionInUserId(metadata.user_id) : null;
}

function sessionInUserId(userId: string): string | null {
  const old = OLD_FORM.exec(userId)?.[1];
  if (old !== undefined) return old;
  try {
    const value: unknown = JSON.parse(userId);
    return Value.Check(UserIdSchema, value) ? value.session_id : null;
  } catch {
    return null;
  }
}

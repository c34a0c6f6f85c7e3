// The error for a client that has left: nobody will read it, but the log and the trace.
import { CcbError } from "../core/errors.ts";

export const clientGone = (cause?: unknown): CcbError =>
  new CcbError("client_gone", (words) => words.relay.clientGone, { cause });

// Names requests: the id is in the log line, in x-ccb-request-id, and in the envelope of an error.
import type { Random } from "../core/ports.ts";

/** 96 random bits: unique among all requests anybody will look for. */
const ID_BYTES = 12;

export function createRequestId(random: Random): string {
  return `ccb_${Buffer.from(random.bytes(ID_BYTES)).toString("hex")}`;
}

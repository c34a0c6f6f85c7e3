// Names requests: the id is in the log line, in x-ccb-request-id, and in the envelope of an error.
import type { Random } from "../core/ports.ts";

/** 96 random bits: unique among all requests anybody will look for. */
const ID_BYTES = 12;
/** Drawn at once. */
const IDS = 64;

/** Creates what names one request after the other. */
export function createRequestIds(random: Pick<Random, "bytes">): () => string {
  let drawn = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at >= drawn.length) {
      drawn = Buffer.from(random.bytes(ID_BYTES * IDS));
      at = 0;
    }
    const id = drawn.toString("hex", at, at + ID_BYTES);
    at += ID_BYTES;
    return `ccb_${id}`;
  };
}

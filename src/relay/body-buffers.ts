// The memory of long bodies, used again: fresh memory for a megabyte costs more than to fill it, and is given back only by
// the garbage collector. Nobody holds on to it: `fetch` works on a copy of what it is given (Fetch, "extract a body").

const LEAST_BYTES = 64 * 1024;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of all that are kept, bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;

let idle: Uint8Array<ArrayBuffer>[] = [];
let kept = 0;

/** Memory for so many bytes, with whatever was in it before; null: none is there. */
export function takeBuffer(bytes: number): Uint8Array<ArrayBuffer> | null {
  const buffer = bytes < LEAST_BYTES ? undefined : idle.find(({ byteLength }) => byteLength >= bytes);
  if (buffer === undefined) return null;
  idle = idle.filter((other) => other !== buffer);
  kept -= buffer.byteLength;
  return buffer;
}

/** Gives it back; whoever still looks at it sees another body. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const { byteLength } = buffer;
  if (byteLength < LEAST_BYTES || byteLength > MOST_BYTES || kept + byteLength > KEPT_BYTES) return;
  idle.push(buffer);
  kept += byteLength;
}

// A Unix datagram socket that listens, as systemd's does. Bun has none of its own; Linux only.
import { dlopen, FFIType, ptr } from "bun:ffi";
import { rmSync } from "node:fs";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

export interface Datagrams {
  /** All that came so far, in order. */
  read(): readonly string[];
  [Symbol.dispose](): void;
}

/** Listens at `path`, a file of its own, or at a name of the abstract namespace after `@`. */
export function listenForDatagrams(path: string): Datagrams {
  const library = dlopen("libc.so.6", {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  });
  const c = library.symbols;
  const address = Buffer.concat([Buffer.from(new Uint16Array([AF_UNIX]).buffer), Buffer.from(path)]);
  if (path.startsWith("@")) address[2] = 0;
  const descriptor = c.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (c.bind(descriptor, ptr(address), address.length) !== 0) throw new Error(`cannot listen at ${path}`);
  const received: string[] = [];
  const buffer = Buffer.alloc(4096);
  return {
    read() {
      for (;;) {
        const length = Number(c.recv(descriptor, ptr(buffer), buffer.length, MSG_DONTWAIT));
        if (length < 0) return received;
        received.push(buffer.toString("utf8", 0, length));
      }
    },
    [Symbol.dispose]() {
      c.close(descriptor);
      library.close();
      if (!path.startsWith("@")) rmSync(path, { force: true });
    },
  };
}

// One datagram to a Unix socket. Neither Bun nor node: can send one, so the C library does.
import { dlopen, FFIType, ptr } from "bun:ffi";

// Of Linux on every processor that Bun runs on.
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** MSG_DONTWAIT | MSG_NOSIGNAL: a manager that does not read must not stop the event loop. */
const AT_ONCE = 0x40 | 0x4000;
/** sun_path */
const PATH_BYTES = 108;
/** glibc, then musl. */
const C_LIBRARIES = ["libc.so.6", "libc.so"];

function openLibrary(name: string) {
  return dlopen(name, {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    sendto: {
      args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i64,
    },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  });
}

function library(): ReturnType<typeof openLibrary> | null {
  for (const name of C_LIBRARIES) {
    try {
      return openLibrary(name);
    } catch {
      // The next one.
    }
  }
  return null;
}

/** sockaddr_un. A leading `@` means Linux's abstract namespace, where a NUL stands first (sd_notify(3)). */
function socketAddress(path: string): Buffer | null {
  const name = Buffer.from(path, "utf8");
  if (name.length === 0 || name.length >= PATH_BYTES) return null;
  const abstract = path.startsWith("@");
  if (!abstract && !path.startsWith("/")) return null;
  const address = Buffer.alloc(2 + name.length + (abstract ? 0 : 1));
  new DataView(address.buffer, address.byteOffset).setUint16(
    0,
    AF_UNIX,
    new Uint8Array(new Uint16Array([1]).buffer)[0] === 1,
  );
  name.copy(address, 2);
  if (abstract) address[2] = 0;
  return address;
}

/**
 * Creates a sender to the socket at `path`, which is opened once. Null where that cannot be: another system, a path
 * that is none. The sender gives back whether the kernel took the text.
 */
export function createDatagramSender(path: string): ((text: string) => boolean) | null {
  const address = socketAddress(path);
  if (address === null) return null;
  const c = library()?.symbols;
  if (c === undefined) return null;
  const descriptor = c.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (descriptor < 0) return null;
  return (text) => {
    const message = Buffer.from(text, "utf8");
    return c.sendto(descriptor, ptr(message), message.length, AT_ONCE, ptr(address), address.length) >= 0;
  };
}

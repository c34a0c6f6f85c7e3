// HTTP/1.1 on a bare socket: headers in the order and case they came, and full control over what goes back.
// node:http and Bun.serve both tidy up; a test of a byte-exact relay needs a peer that does not.
import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export type HeaderList = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** One request as it came over the socket. */
export interface ReceivedRequest {
  readonly method: string;
  /** The request target exactly as sent, query included. */
  readonly url: string;
  /** url without its query. */
  readonly path: string;
  /** name, value, name, value … in order and case of arrival. */
  readonly rawHeaders: readonly string[];
  /** First value of a header, by any case. */
  header(name: string): string | undefined;
  readonly authorization: string | undefined;
  /** The token of `Authorization: Bearer …`. */
  readonly bearer: string | undefined;
  /** The body so far; complete when a handler sees it. Chunked framing is taken off, nothing else. */
  readonly body: Buffer;
  readonly text: string;
  json(): unknown;
  readonly bodySha256: string;
  /** Number of the connection it came on, from 1: equal numbers share a socket. */
  readonly socket: number;
  /** performance.now() when the head was in. */
  readonly at: number;
  /** Resolves when the whole body is in. */
  readonly received: Promise<void>;
  /** Resolves with performance.now() when the client goes away before its reply is complete; else never. */
  readonly aborted: Promise<number>;
  /** True from then on. */
  readonly wasAborted: boolean;
}

/** What a reply may do with its socket. Each write waits for the client to take the bytes. */
export interface Exchange {
  readonly request: ReceivedRequest;
  /** Fires when the client goes away. */
  readonly gone: AbortSignal;
  head(status: number, headers: HeaderList, reason?: string): Promise<void>;
  write(bytes: Uint8Array | string): Promise<void>;
  chunk(bytes: Uint8Array | string): Promise<void>;
  lastChunk(): Promise<void>;
  /** Sleeps, and wakes early when the client goes away. */
  sleep(milliseconds: number): Promise<void>;
  /** RST. */
  reset(): void;
  /** FIN after what was written. */
  close(): void;
  /** Settles when the client has gone: for a reply that says nothing more. */
  silence(): Promise<void>;
}

export interface WireServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Resets every idle or busy connection: what a restarted upstream looks like. */
  readonly dropConnections: () => void;
  readonly stop: () => Promise<void>;
}

export interface WireHandlers {
  /** The head is in, the body is not: a promise given back answers early and closes the connection. */
  onHead?(request: ReceivedRequest, exchange: Exchange): Promise<void> | undefined;
  onRequest(request: ReceivedRequest, exchange: Exchange): Promise<void>;
}

export interface WireOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

const CRLF = "\r\n";

/** Serves HTTP/1.1 with keep-alive on a loopback port. */
export async function serveWire(handlers: WireHandlers, options: WireOptions = {}): Promise<WireServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const accept = (socket: Socket): void => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void converse(socket, connections, handlers);
  };
  const server: Server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const dropConnections = (): void => {
    for (const socket of sockets) {
      if ("resetAndDestroy" in socket && !options.tls) socket.resetAndDestroy();
      else socket.destroy();
    }
    sockets.clear();
  };
  return {
    port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    dropConnections,
    stop: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      dropConnections();
      await closed;
    },
  };
}

/** Bytes of one socket, taken in pieces; null is the end. */
function createReader(socket: Socket) {
  let buffer: Buffer = Buffer.alloc(0);
  let ended = false;
  let wake: (() => void) | undefined;
  socket.on("data", (data: Buffer) => {
    buffer = buffer.length === 0 ? data : Buffer.concat([buffer, data]);
    wake?.();
  });
  const finish = (): void => {
    ended = true;
    wake?.();
  };
  socket.on("end", finish).on("close", finish);
  const more = async (): Promise<boolean> => {
    if (ended) return false;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    wake = undefined;
    return true;
  };
  const take = (length: number): Buffer => {
    const piece = buffer.subarray(0, length);
    buffer = buffer.subarray(length);
    return piece;
  };
  return {
    async until(mark: string): Promise<Buffer | null> {
      for (;;) {
        const at = buffer.indexOf(mark);
        if (at >= 0) {
          const piece = take(at);
          take(mark.length);
          return piece;
        }
        if (!(await more())) return null;
      }
    },
    /** Up to `most` bytes, at least one. */
    async some(most: number): Promise<Buffer | null> {
      for (;;) {
        if (buffer.length > 0) return take(Math.min(most, buffer.length));
        if (!(await more())) return null;
      }
    },
  };
}

type Reader = ReturnType<typeof createReader>;

/** Request after request on one connection. */
async function converse(socket: Socket, number: number, handlers: WireHandlers): Promise<void> {
  const gone = new AbortController();
  socket.on("error", () => gone.abort());
  socket.on("end", () => gone.abort());
  socket.on("close", () => gone.abort());
  const reader = createReader(socket);
  while (!socket.destroyed) {
    const head = await reader.until(CRLF + CRLF);
    if (head === null) return;
    const { request, push, finish, markAborted } = readHead(head.toString("latin1"), number);
    let replied = false;
    gone.signal.addEventListener("abort", () => {
      if (!replied) markAborted();
    });
    const exchange = createExchange(socket, request, gone.signal);
    const early = handlers.onHead?.(request, exchange);
    if (early) {
      await early;
      replied = true;
      socket.end();
      return;
    }
    if (request.header("expect")?.toLowerCase() === "100-continue")
      await exchange.write(`HTTP/1.1 100 Continue${CRLF}${CRLF}`);
    if (!(await readBody(reader, request, push))) return;
    finish();
    await handlers.onRequest(request, exchange);
    replied = true;
    if (request.header("connection")?.toLowerCase() === "close") socket.end();
  }
}

/** The request of a head, and what fills its body. */
function readHead(head: string, socket: number) {
  const [start = "", ...lines] = head.split(CRLF);
  const [method = "", url = ""] = start.split(" ");
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const header = (name: string): string | undefined => {
    const at = rawHeaders.findIndex((value, index) => index % 2 === 0 && value.toLowerCase() === name.toLowerCase());
    return at < 0 ? undefined : rawHeaders[at + 1];
  };
  const pieces: Buffer[] = [];
  const received = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<number>();
  let wasAborted = false;
  const authorization = header("authorization");
  const request: ReceivedRequest = {
    method,
    url,
    path: url.split("?", 1)[0] ?? url,
    rawHeaders,
    header,
    authorization,
    bearer: authorization?.startsWith("Bearer ") ? authorization.slice(7) : undefined,
    get body() {
      return Buffer.concat(pieces);
    },
    get text() {
      return Buffer.concat(pieces).toString();
    },
    json: () => JSON.parse(Buffer.concat(pieces).toString()),
    get bodySha256() {
      return createHash("sha256").update(Buffer.concat(pieces)).digest("hex");
    },
    socket,
    at: performance.now(),
    received: received.promise,
    aborted: aborted.promise,
    get wasAborted() {
      return wasAborted;
    },
  };
  return {
    request,
    push: (piece: Buffer) => pieces.push(piece),
    finish: () => received.resolve(),
    markAborted: () => {
      wasAborted = true;
      aborted.resolve(performance.now());
    },
  };
}

/** Reads a body by Content-Length or in chunks; false when the client left before its end. */
async function readBody(reader: Reader, request: ReceivedRequest, push: (piece: Buffer) => void): Promise<boolean> {
  const exactly = async (length: number): Promise<boolean> => {
    for (let left = length; left > 0;) {
      const piece = await reader.some(left);
      if (piece === null) return false;
      push(piece);
      left -= piece.length;
    }
    return true;
  };
  if (!request.header("transfer-encoding")?.toLowerCase().includes("chunked"))
    return await exactly(Number(request.header("content-length") ?? 0));
  for (;;) {
    const line = await reader.until(CRLF);
    if (line === null) return false;
    const size = Number.parseInt(line.toString("latin1"), 16);
    if (size > 0 && !(await exactly(size))) return false;
    if ((await reader.until(CRLF)) === null) return false;
    if (!(size > 0)) return true;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  302: "Found",
  307: "Temporary Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

function createExchange(socket: Socket, request: ReceivedRequest, gone: AbortSignal): Exchange {
  const silence = async (): Promise<void> => {
    if (gone.aborted) return;
    await new Promise<void>((resolve) => {
      gone.addEventListener("abort", () => resolve(), { once: true });
    });
  };
  const write = async (bytes: Uint8Array | string): Promise<void> => {
    if (gone.aborted || socket.destroyed || socket.write(bytes)) return;
    const drained = Promise.withResolvers<void>();
    const done = (): void => drained.resolve();
    socket.once("drain", done);
    gone.addEventListener("abort", done, { once: true });
    await drained.promise;
    socket.off("drain", done);
    gone.removeEventListener("abort", done);
  };
  return {
    request,
    gone,
    write,
    silence,
    head: async (status, headers, reason = REASONS[status] ?? "") => {
      const list: readonly (readonly [string, string])[] = Array.isArray(headers) ? headers : Object.entries(headers);
      const lines = list.map(([name, value]) => `${name}: ${value}${CRLF}`).join("");
      await write(`HTTP/1.1 ${status} ${reason}${CRLF}${lines}${CRLF}`);
    },
    chunk: async (bytes) => {
      const data = Buffer.from(bytes);
      if (data.length > 0)
        await write(Buffer.concat([Buffer.from(data.length.toString(16) + CRLF), data, Buffer.from(CRLF)]));
    },
    lastChunk: async () => await write(`0${CRLF}${CRLF}`),
    sleep: async (milliseconds) => {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        gone.addEventListener(
          "abort",
          () => {
            clearTimeout(timer);
            resolve();
          },
          { once: true },
        );
      });
    },
    reset: () => {
      if ("resetAndDestroy" in socket) socket.resetAndDestroy();
      else (socket as Socket).destroy();
    },
    close: () => {
      socket.end();
    },
  };
}

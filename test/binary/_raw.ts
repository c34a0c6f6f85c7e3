// A client on a bare socket: it sees framing and breaks that fetch hides.
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";

export interface RawClient {
  readonly socket: Socket;
  /** Everything so far, one character per byte. */
  readonly text: string;
  send(data: string | Uint8Array): void;
  /** Resolves when the text holds `mark`; rejects after 10 s or when the connection ends without it. */
  until(mark: string): Promise<void>;
  /** How the connection ended: by FIN or by RST. */
  readonly ended: Promise<"fin" | "reset">;
  /** RST. */
  abort(): void;
}

/** Connects to a loopback port. */
export async function rawClient(port: number, host = "127.0.0.1"): Promise<RawClient> {
  const socket = connect({ port, host });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  const pieces: Buffer[] = [];
  const waiting = new Set<() => void>();
  const ended = Promise.withResolvers<"fin" | "reset">();
  let over = false;
  const finish = (how: "fin" | "reset"): void => {
    over = true;
    ended.resolve(how);
    for (const wake of waiting) wake();
  };
  socket.on("data", (data: Buffer) => {
    pieces.push(data);
    for (const wake of waiting) wake();
  });
  socket.on("end", () => finish("fin"));
  socket.on("error", () => finish("reset"));
  socket.on("close", () => finish("reset"));
  const text = (): string => Buffer.concat(pieces).toString("latin1");
  return {
    socket,
    get text() {
      return text();
    },
    send: (data) => void socket.write(data),
    async until(mark) {
      const deadline = performance.now() + 10_000;
      while (!text().includes(mark)) {
        if (over || performance.now() > deadline)
          throw new Error(`no ${JSON.stringify(mark)} in ${JSON.stringify(text())}`);
        const next = Promise.withResolvers<void>();
        const timer = setTimeout(next.resolve, 1000);
        waiting.add(next.resolve);
        await next.promise;
        clearTimeout(timer);
        waiting.delete(next.resolve);
      }
    },
    ended: ended.promise,
    abort: () => socket.resetAndDestroy(),
  };
}

/** A request head with `Host` and the blank line. */
export const head = (start: string, ...headers: string[]): string =>
  [start, "Host: localhost", ...headers, "", ""].join("\r\n");

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request by node:http, on a connection of its own: fetch in one process serves 256 at once and no more. */
export async function request(
  port: number,
  path: string,
  options: Omit<RequestOptions, "port" | "path"> = {},
  body?: string,
): Promise<Got> {
  return await new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", agent: false, ...options, port, path }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(pieces).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

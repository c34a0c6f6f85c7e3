// What an attacker sends and sees: bare sockets, so that nothing is tidied up on the way.
import { connect } from "node:net";
import { expect } from "bun:test";

export interface Seen {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function parse(text: string): Seen {
  const end = text.indexOf("\r\n\r\n");
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(start.split(" ")[1]), headers, body: text.slice(end + 4) };
}

/** Sends a request as it stands, to a port of 127.0.0.1 or to a socket, and reads to the end of the connection. */
export async function probe(
  to: number | string,
  start: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Seen> {
  const target = typeof to === "number" ? { port: to, host: "127.0.0.1" } : { path: to };
  const given = { Host: "localhost", Connection: "close", ...headers };
  const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const lines = Object.entries({ ...given, ...length }).map(([name, value]) => `${name}: ${value}`);
  const pieces: Buffer[] = [];
  const done = Promise.withResolvers<void>();
  const socket = connect(target, () => socket.write([`${start} HTTP/1.1`, ...lines, "", body].join("\r\n")));
  socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${start}`)));
  socket.on("data", (piece) => pieces.push(piece));
  socket.on("error", done.reject);
  socket.on("close", () => done.resolve());
  await done.promise;
  const reply = parse(Buffer.concat(pieces).toString());
  // Whatever the answer is, no page of another site is let read it.
  for (const name of reply.headers.keys()) expect(name).not.toStartWith("access-control");
  return reply;
}

/** The type of ccb's own error, from the envelope; chunks and all. */
export const typeOf = ({ body }: Seen): string | undefined => /"type":"error","error":\{"type":"(\w+)"/.exec(body)?.[1];

// The least HTTP/1.1 server, on raw sockets: the upstream must cost less than what is measured in front of it.
// Whole requests in, bytes out; no pipelining, no 100-continue, no trailers.

/** One request whose body has arrived. */
export interface WireRequest {
  readonly path: string;
  /** The value of a header, or undefined; names in lower case. */
  header(name: string): string | undefined;
  /** The pieces of the body as they came. Of a chunked one: with its framing. */
  readonly body: readonly Buffer[];
}

/** Where the reply goes. */
export interface WireReply {
  write(bytes: Uint8Array): void;
  readonly gone: boolean;
}

type Handler = (request: WireRequest, reply: WireReply) => void;

const HEAD_END = "\r\n\r\n";
const CHUNKED_END = Buffer.from("0\r\n\r\n");

interface Receiving {
  head: string;
  body: Buffer[];
  /** Bytes of the body that are still to come; undefined: chunked, until its end is seen. */
  left: number | undefined;
}

interface Connection {
  /** What has come of a head that is not whole yet. */
  begun: Buffer | undefined;
  receiving: Receiving | undefined;
  reply: { gone: boolean; write(bytes: Uint8Array): void };
}

const headerOf = (head: string, name: string): string | undefined => {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at === -1) return undefined;
  const start = at + name.length + 3;
  const end = head.indexOf("\r\n", start);
  return head.slice(start, end === -1 ? undefined : end).trim();
};

function begin(head: string): Receiving {
  const length = headerOf(head, "content-length");
  const chunked = headerOf(head, "transfer-encoding") !== undefined;
  return { head, body: [], left: chunked ? undefined : Number(length ?? 0) };
}

/** Takes in the next bytes of a body; whether it is whole. */
function take(receiving: Receiving, bytes: Buffer): boolean {
  if (bytes.length > 0) receiving.body.push(bytes);
  if (receiving.left === undefined)
    return Buffer.concat(receiving.body.slice(-2)).subarray(-CHUNKED_END.length).equals(CHUNKED_END);
  receiving.left -= bytes.length;
  if (receiving.left < 0) throw new Error("a request came before the last one was answered");
  return receiving.left === 0;
}

/** Listens on a free port of 127.0.0.1 and gives it. */
export function listen(handle: Handler): number {
  const server = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        const reply = {
          gone: false,
          write: (bytes: Uint8Array): void => {
            // A reply is far smaller than the socket's buffer: one that does not fit is a fault of the bench.
            if (!reply.gone && socket.write(bytes) < bytes.length) socket.terminate();
          },
        };
        socket.data = { begun: undefined, receiving: undefined, reply };
      },
      data(socket, data) {
        const { data: connection } = socket;
        let bytes: Buffer = data;
        if (connection.receiving === undefined) {
          const all: Buffer = connection.begun === undefined ? data : Buffer.concat([connection.begun, data]);
          const end = all.indexOf(HEAD_END);
          connection.begun = end === -1 ? all : undefined;
          if (end === -1) return;
          connection.receiving = begin(all.toString("latin1", 0, end));
          bytes = all.subarray(end + HEAD_END.length);
        }
        const { receiving } = connection;
        if (!take(receiving, bytes)) return;
        connection.receiving = undefined;
        const [, path = ""] = receiving.head.split(" ", 2);
        handle({ path, body: receiving.body, header: (name) => headerOf(receiving.head, name) }, connection.reply);
      },
      close({ data }) {
        data.reply.gone = true;
      },
      error({ data }) {
        data.reply.gone = true;
      },
    },
  });
  return server.port;
}

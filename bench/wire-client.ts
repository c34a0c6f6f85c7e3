// A raw socket that sends requests and collects replies: what the clients of the bench are made of.
import { createWireReply, type WireReply } from "./wire-reply.ts";

export interface WireSocket {
  readonly open: boolean;
  /** Sends a request and resolves with the whole reply, still unread. Rejects where the connection ends before that. */
  send(request: Uint8Array): Promise<WireReply>;
  /** Sends a request and resolves once `text` has come in the reply, which need not end. */
  sendUntil(request: Uint8Array, text: string): Promise<void>;
  close(): void;
}

interface Waiting {
  push(bytes: Buffer): void;
  reject(cause: Error): void;
}

export async function openSocket(url: string): Promise<WireSocket> {
  const { hostname, port, host } = new URL(url);
  let waiting: Waiting | undefined;
  /** What the socket did not take yet: a megabyte goes in several writes. */
  let rest: Uint8Array | undefined;
  let open = true;
  const broken = (): void => {
    open = false;
    waiting?.reject(new Error(`${host}: the connection ended before the reply did`));
  };
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_, data) => waiting?.push(data),
      drain: () => {
        if (rest !== undefined) write(rest);
      },
      end: broken,
      close: broken,
      error: broken,
    },
  });
  const write = (bytes: Uint8Array): void => {
    const written = Math.max(0, socket.write(bytes));
    rest = written < bytes.length ? bytes.subarray(written) : undefined;
  };
  return {
    get open() {
      return open;
    },
    send: (request) =>
      new Promise((resolve, reject) => {
        const reply = createWireReply();
        waiting = {
          push: (bytes) => {
            if (!reply.push(bytes)) return;
            waiting = undefined;
            resolve(reply);
          },
          reject,
        };
        write(request);
      }),
    sendUntil: (request, text) =>
      new Promise((resolve, reject) => {
        let come = "";
        waiting = {
          push: (bytes) => {
            come += bytes.toString("latin1");
            if (!come.includes(text)) return;
            waiting = undefined;
            resolve();
          },
          reject,
        };
        write(request);
      }),
    close: () => {
      waiting = undefined;
      socket.end();
    },
  };
}

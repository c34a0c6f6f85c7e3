// Addresses where no upstream can be reached.
import { createServer } from "node:net";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { freePort } from "../support/binary.ts";
import { startUpstream } from "../support/upstream.ts";

interface Nowhere {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

const free = async (): Promise<void> => {};

/** By what keeps a connection from coming about. */
export const NOWHERE: Readonly<Record<string, () => Promise<Nowhere>>> = {
  "connect refused": async () => ({ url: `http://127.0.0.1:${await freePort()}`, [Symbol.asyncDispose]: free }),
  // RFC 6761 §6.4: such a name never exists.
  "an unknown host": async () => ({ url: "https://upstream-of-a-test.invalid", [Symbol.asyncDispose]: free }),
  "a certificate that nobody vouches for": async () => startUpstream({ tls: SELF_SIGNED }),
  "no TLS at the other end": async () => {
    const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return {
      url: `https://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
      [Symbol.asyncDispose]: async () => void server.close(),
    };
  },
};

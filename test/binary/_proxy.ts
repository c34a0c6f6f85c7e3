// A small outbound proxy on loopback: CONNECT and absolute-form requests, with a count of both.
import { connect, createServer, type Socket } from "node:net";

export interface ForwardProxy {
  readonly url: string;
  readonly port: number;
  /** First lines of what it was asked for: `CONNECT host:port HTTP/1.1`, `POST http://… HTTP/1.1`. */
  readonly asked: readonly string[];
  /** Values of Proxy-Authorization. */
  readonly credentials: readonly string[];
  /** From now on it answers with this status line and nothing else; "": it hangs up. */
  fail(status: string): void;
  /** CONNECT requests and absolute URLs for these go elsewhere: a name that only the proxy knows. */
  route(host: string, port: number): void;
  readonly stop: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startProxy(): Promise<ForwardProxy> {
  const asked: string[] = [];
  const credentials: string[] = [];
  const sockets = new Set<Socket>();
  const routes = new Map<string, number>();
  let failure: string | undefined;

  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => {}).on("close", () => sockets.delete(client));
    let received: Buffer = Buffer.alloc(0);
    const onData = (data: Buffer): void => {
      received = Buffer.concat([received, data]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      client.off("data", onData);
      const lines = received.subarray(0, end).toString("latin1").split("\r\n");
      const [first = ""] = lines;
      asked.push(first);
      credentials.push(
        ...lines
          .filter((line) => /^proxy-authorization:/i.test(line))
          .map((line) => line.slice(line.indexOf(":") + 1).trim()),
      );
      if (failure !== undefined) {
        client.end(failure === "" ? "" : `HTTP/1.1 ${failure}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const [method = "", target = ""] = first.split(" ");
      const url = new URL(method === "CONNECT" ? `http://${target}` : target);
      const routed = routes.get(url.hostname);
      const server_ = connect({
        host: routed === undefined ? url.hostname : "127.0.0.1",
        port: routed ?? Number(url.port === "" ? 80 : url.port),
      });
      sockets.add(server_);
      server_.on("error", () => client.destroy()).on("close", () => client.destroy());
      client.on("close", () => server_.destroy());
      if (method === "CONNECT") client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      else {
        const path = `${url.pathname}${url.search}`;
        server_.write(
          [`${method} ${path} HTTP/1.1`, ...lines.slice(1).filter((line) => !/^proxy-/i.test(line)), "", ""].join(
            "\r\n",
          ),
        );
      }
      server_.write(received.subarray(end + 4));
      client.pipe(server_).pipe(client);
    };
    client.on("data", onData);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    credentials,
    fail: (status) => {
      failure = status;
    },
    route: (host, to) => void routes.set(host, to),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

// The least a proxy on this stack can do: Elysia and fetch, nothing else. What ccb costs beyond it is ccb's own.
// bun bench/bare.ts UPSTREAM_URL [PORT]
import { Elysia } from "elysia";

/** Belong to one connection, not to the message (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "content-length",
];

function endToEnd(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of HOP_BY_HOP) kept.delete(name);
  return kept;
}

const upstream = process.argv[2] ?? "";
const app = new Elysia({ serve: { reusePort: false, idleTimeout: 0 } }).post(
  "/v1/messages",
  async ({ request }) => {
    const reply = await fetch(`${upstream}/v1/messages`, {
      method: "POST",
      headers: endToEnd(request.headers),
      body: await request.arrayBuffer(),
      signal: request.signal,
      decompress: false,
    });
    return new Response(reply.body, { status: reply.status, headers: endToEnd(reply.headers) });
  },
  { parse: "none" },
);
app.listen({ hostname: "127.0.0.1", port: Number(process.argv[3] ?? 0) }, (server) => console.log(server.port));

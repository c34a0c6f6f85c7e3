// The upstream of the bench, a process of its own: one small JSON reply, one fixed event stream, one token endpoint that believes everybody.
import { createHash } from "node:crypto";
import { anthropicMessage, anthropicStream } from "../test/support/anthropic.ts";

export const EVENTS = 100;
export const GAP_MS = 5;

const HEADERS = {
  "request-id": "req_bench",
  "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
};
const SMALL = JSON.stringify(anthropicMessage("A small reply, as of a short question. ".repeat(8)));

/** Exactly EVENTS blocks: six of them frame the text. */
const STREAM = anthropicStream("x".repeat((EVENTS - 6) * 40), EVENTS - 6).map((event) => Buffer.from(event));
const STREAM_SHA256 = createHash("sha256").update(Buffer.concat(STREAM)).digest("hex");

interface Running {
  next: number;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

const running = new Set<Running>();

// One timer for all streams: the upstream must not be what is measured.
setInterval(() => {
  for (const stream of running) {
    const event = STREAM[stream.next++];
    if (event) stream.controller.enqueue(event);
    if (stream.next < STREAM.length) continue;
    running.delete(stream);
    stream.controller.close();
  }
}, GAP_MS);

function streamReply(): Response {
  let mine: Running | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      mine = { next: 0, controller };
      running.add(mine);
    },
    cancel: () => {
      if (mine) running.delete(mine);
    },
  });
  return new Response(body, {
    headers: {
      ...HEADERS,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    },
  });
}

let issued = 0;

/** The code is the email of whoever signs in. */
async function token(request: Request): Promise<Response> {
  const body: { readonly code?: string } = JSON.parse(await request.text());
  const email = body.code ?? "someone@example.com";
  const hex = Bun.hash(email).toString(16).padStart(12, "0").slice(0, 12);
  issued++;
  return Response.json({
    token_type: "Bearer",
    access_token: `sk-ant-oat01-bench-${issued}`,
    refresh_token: `sk-ant-ort01-bench-${issued}`,
    expires_in: 28_800,
    scope: "user:profile user:inference",
    account: { uuid: `00000000-0000-4000-8000-${hex}`, email_address: email },
    organization: { uuid: `00000000-0000-4000-9000-${hex}`, name: email },
  });
}

if (import.meta.main) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    routes: {
      "/v1/messages": {
        POST: async (request) => {
          const body = await request.text();
          return body.includes('"stream":true')
            ? streamReply()
            : new Response(SMALL, { headers: { ...HEADERS, "content-type": "application/json" } });
        },
      },
      "/v1/oauth/token": { POST: token },
      "/expected": () =>
        Response.json({
          small: createHash("sha256").update(SMALL).digest("hex"),
          stream: STREAM_SHA256,
        }),
    },
    fetch: () => new Response("not found", { status: 404 }),
  });
  console.log(server.port);
}

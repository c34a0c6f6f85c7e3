// The upstream of the bench, a process of its own: POST /v1/messages (what x-bench asks for), and a token endpoint that
// believes everybody. It prints its port.
import { createHash } from "node:crypto";
import { EXPECTED, jsonReply, SMALL, STREAM, STREAM_HEAD } from "./replies.ts";
import { startGaps, sendBurst } from "./streams.ts";
import { listen, type WireReply, type WireRequest } from "./wire-server.ts";

let issued = 0;

/** The code is the email of whoever signs in. */
function token(request: WireRequest): Buffer {
  const body: { readonly code?: string } = JSON.parse(Buffer.concat(request.body).toString());
  const email = body.code ?? "someone@example.com";
  const hex = Bun.hash(email).toString(16).padStart(12, "0").slice(0, 12);
  issued++;
  return jsonReply({
    token_type: "Bearer",
    access_token: `sk-ant-oat01-bench-${issued}`,
    refresh_token: `sk-ant-ort01-bench-${issued}`,
    expires_in: 28_800,
    scope: "user:profile user:inference",
    account: { uuid: `00000000-0000-4000-8000-${hex}`, email_address: email },
    organization: { uuid: `00000000-0000-4000-9000-${hex}`, name: email },
  });
}

/** The sum of what arrived: whether a proxy passes bodies on as they came. */
function sum(request: WireRequest): Buffer {
  const hash = createHash("sha256");
  for (const piece of request.body) hash.update(piece);
  return jsonReply({ sha256: hash.digest("hex") });
}

const gaps = startGaps(STREAM);

function message(request: WireRequest, reply: WireReply): void {
  switch (request.header("x-bench")) {
    case undefined:
      reply.write(SMALL);
      return;
    case "gaps":
      reply.write(STREAM_HEAD);
      gaps.add(reply);
      return;
    case "burst":
      reply.write(STREAM_HEAD);
      sendBurst(reply, STREAM);
      return;
    case "silent":
      reply.write(Buffer.concat([STREAM_HEAD, ...STREAM.slice(0, 2)]));
      return;
    default:
      reply.write(sum(request));
  }
}

const NOT_FOUND = Buffer.from("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");

const port = listen((request, reply) => {
  const { path } = request;
  if (path.startsWith("/v1/messages")) message(request, reply);
  else if (path === "/v1/oauth/token") reply.write(token(request));
  else if (path === "/expected") reply.write(jsonReply(EXPECTED));
  else reply.write(NOT_FOUND);
});
console.log(port);

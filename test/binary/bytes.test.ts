// Byte for byte through the binary: methods, paths, headers, bodies, encodings, statuses.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Ccb } from "../support/binary.ts";
import { bytes, dribble, echo, error, redirect } from "../support/replies.ts";
import type { Echoed } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { forget, jsonOf, keyed, KEY, startKeyed } from "./_ccb.ts";
import { head, rawClient } from "./_raw.ts";

let upstream: Upstream;
let ccb: Ccb;
beforeAll(async () => {
  upstream = await startUpstream();
  ccb = await startKeyed(upstream.url, { providers: [keyed(`${upstream.url}/a%20prefix/`)] });
});
afterAll(async () => {
  await ccb[Symbol.asyncDispose]();
  await upstream.stop();
});
afterEach(async () => {
  upstream.assertUsed();
  upstream.clear();
  await forget(ccb);
});

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");
/** All that a client gets, decoded by nobody. */
const asIs = { decompress: false, redirect: "manual" } as const;
const bytesOf = async (reply: Response): Promise<Buffer> => Buffer.from(await reply.arrayBuffer());

describe("what the upstream gets", () => {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"]) {
    test(`${method} with path and query as they are`, async () => {
      upstream.script(echo());
      const target = `/v1/x%2Fy//z;a=1/%E4%BD%A0?beta=true&q=%20+%27&empty=&&again=1`;
      const client = await rawClient(ccb.port);
      client.send(head(`${method} ${target} HTTP/1.1`, "Connection: close"));
      await client.ended;
      expect(client.text).toStartWith("HTTP/1.1 200 ");
      expect(upstream.requests.map((request) => `${request.method} ${request.url}`)).toEqual([
        `${method} /a%20prefix${target}`,
      ]);
    });
  }

  test("every end-to-end header, none of the connection's, and the provider's credential", async () => {
    upstream.script(echo());
    await (
      await ccb.request("/v1/messages", {
        method: "POST",
        body: "{}",
        headers: {
          accept: "application/json",
          "accept-encoding": "gzip, br",
          authorization: "Bearer anything",
          "content-type": "application/json",
          "user-agent": "claude-cli/2.1.330 (external, sdk-cli)",
          "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
          "anthropic-version": "2023-06-01",
          "x-app": "cli",
          "x-stainless-retry-count": "0",
          cookie: "a=1; b=2",
          connection: "x-mine, keep-alive",
          "x-mine": "for ccb alone",
          te: "trailers",
        },
      })
    ).text();
    const { rawHeaders = [] } = upstream.requests[0] ?? {};
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const values = Object.fromEntries(names.map((name, index) => [name, rawHeaders[index * 2 + 1]]));
    expect(new Set(names).size).toBe(names.length);
    expect(values).toEqual({
      accept: "application/json",
      "accept-encoding": "gzip, br",
      "content-type": "application/json",
      "user-agent": "claude-cli/2.1.330 (external, sdk-cli)",
      "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
      "anthropic-version": "2023-06-01",
      "x-app": "cli",
      "x-stainless-retry-count": "0",
      cookie: "a=1; b=2",
      "x-api-key": KEY,
      "content-length": "2",
      connection: "keep-alive",
      host: `127.0.0.1:${upstream.port}`,
    });
  });

  test("no header is invented but for what fetch forces, and a name for a client that has none", async () => {
    upstream.script(echo());
    const client = await rawClient(ccb.port);
    client.send(head("GET /v1/models HTTP/1.1", "Connection: close"));
    await client.ended;
    const { rawHeaders = [] } = upstream.requests[0] ?? {};
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names.toSorted()).toEqual(["accept", "connection", "host", "user-agent", "x-api-key"]);
    expect(upstream.requests[0]?.header("user-agent")).toMatch(/^ccb\/\d/);
  });

  const binary = randomBytes(3_000_000);
  for (const [what, path, body] of [
    ["a small body", "/v1/messages", Buffer.from('{"model": "x"  , "odd":  1e400}')],
    ["bytes that are no text", "/v1/messages", Buffer.from(Array.from({ length: 256 }, (_, index) => index))],
    ["an empty body", "/v1/messages", Buffer.alloc(0)],
    ["8 MB", "/v1/messages", Buffer.alloc(8 * 1024 * 1024, "0123456789abcde")],
    ["what passes through once", "/v1/files", binary],
    ["a compressed body", "/v1/messages", gzipSync("x".repeat(10_000))],
  ] as const) {
    test(`${what}, equal`, async () => {
      upstream.script(echo());
      const reply = await ccb.request(path, { method: "POST", body });
      const echoed = await jsonOf<Echoed>(reply);
      expect([echoed.bodyLength, echoed.bodySha256]).toEqual([body.length, sha256(body)]);
      expect(upstream.requests[0]?.header("content-length")).toBe(String(body.length));
    });
  }

  for (const path of ["/v1/messages", "/v1/files"]) {
    test(`a chunked body to ${path}, equal`, async () => {
      upstream.script(echo());
      const client = await rawClient(ccb.port);
      client.send(head(`POST ${path} HTTP/1.1`, "Transfer-Encoding: chunked", "Connection: close"));
      for (const part of ["one", " two", " three"]) client.send(`${part.length.toString(16)}\r\n${part}\r\n`);
      client.send("0\r\n\r\n");
      await client.ended;
      expect(client.text).toStartWith("HTTP/1.1 200 ");
      expect(upstream.requests[0]?.text).toBe("one two three");
    });
  }

  test("Expect: 100-continue is answered, and ends at ccb", async () => {
    upstream.script(echo());
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/messages HTTP/1.1", "Expect: 100-continue", "Content-Length: 2", "Connection: close"));
    await client.until("HTTP/1.1 100 ");
    client.send("{}");
    await client.ended;
    expect(client.text).toContain("HTTP/1.1 200 ");
    expect([upstream.requests[0]?.text, upstream.requests[0]?.header("expect")]).toEqual(["{}", undefined]);
  });
});

describe("what the client gets", () => {
  const text = "größer 你好 👋 ".repeat(5000);
  for (const [encoding, body] of [
    ["gzip", gzipSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", zstdCompressSync(text)],
    ["identity", Buffer.from(text)],
  ] as const) {
    for (const [how, reply] of [
      ["whole", bytes(200, body, { "Content-Encoding": encoding, ETag: '"x"' })],
      ["in chunks", dribble(200, body, { size: 777, headers: { "Content-Encoding": encoding, ETag: '"x"' } })],
    ] as const) {
      test(`${encoding}, ${how}: the bytes and headers as they came`, async () => {
        upstream.script(reply);
        const got = await ccb.request("/v1/x", asIs);
        expect(sha256(await bytesOf(got))).toBe(sha256(body));
        expect([got.headers.get("content-encoding"), got.headers.get("etag")]).toEqual([encoding, '"x"']);
      });
    }
  }

  test("a client that decodes by itself reads the text", async () => {
    upstream.script(bytes(200, gzipSync(text), { "Content-Encoding": "gzip", "Content-Type": "text/plain" }));
    expect(await (await ccb.request("/v1/x")).text()).toBe(text);
  });

  test("the framing is one, whatever came: a length or chunks, never both", async () => {
    for (const reply of [
      bytes(200, "x".repeat(100_000)),
      bytes(200, "short"),
      dribble(200, "x".repeat(5000), { size: 999 }),
    ]) {
      upstream.script(reply);
      const client = await rawClient(ccb.port);
      client.send(head("GET /v1/x HTTP/1.1", "Connection: close"));
      await client.ended;
      const headers = client.text.slice(0, client.text.indexOf("\r\n\r\n")).toLowerCase();
      expect(
        [headers.includes("\r\ncontent-length:"), headers.includes("\r\ntransfer-encoding:")].filter(Boolean).length,
      ).toBe(1);
    }
  });

  test("every header of the upstream, Set-Cookie apart, none of its connection's", async () => {
    upstream.script(
      bytes(200, "x", [
        ["Set-Cookie", "a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
        ["Set-Cookie", "b=2"],
        ["Content-Type", "application/json; charset=utf-8"],
        ["anthropic-ratelimit-unified-5h-utilization", "0.42"],
        ["request-id", "req_1"],
        ["Connection", "keep-alive, X-Hop"],
        ["X-Hop", "1"],
        ["Keep-Alive", "timeout=5"],
        ["x-ccb-account", "made up"],
        ["Server", "cloudflare"],
        ["Date", "Thu, 01 Jan 2026 00:00:00 GMT"],
      ]),
    );
    const reply = await ccb.request("/v1/x", asIs);
    expect(reply.headers.getSetCookie()).toEqual(["a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]);
    const {
      "x-ccb-request-id": id,
      // The framing is each connection's own: a short body that is there at once gets a length.
      "content-length": _length,
      "transfer-encoding": _encoding,
      ...headers
    } = Object.fromEntries([...reply.headers].filter(([name]) => name !== "set-cookie"));
    expect(id).toMatch(/^[\w-]{8,}$/);
    expect(headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      "anthropic-ratelimit-unified-5h-utilization": "0.42",
      "request-id": "req_1",
      server: "cloudflare",
      date: "Thu, 01 Jan 2026 00:00:00 GMT",
      "x-ccb-provider": "Keyed",
      "x-ccb-attempts": "1",
    });
  });

  for (const status of [301, 302, 303, 307, 308] as const) {
    test(`${status} is relayed, not followed`, async () => {
      upstream.script(redirect(status, "http://127.0.0.1:1/elsewhere"));
      const reply = await ccb.request("/v1/x", asIs);
      expect([reply.status, reply.headers.get("location")]).toEqual([status, "http://127.0.0.1:1/elsewhere"]);
    });
  }

  for (const status of [204, 304]) {
    test(`${status} has no body and leaves the connection usable`, async () => {
      upstream.script(bytes(status, "", { ETag: '"e"' }), bytes(200, "next"));
      const client = await rawClient(ccb.port);
      client.send(head("GET /v1/x HTTP/1.1"));
      await client.until("\r\n\r\n");
      client.send(head("GET /v1/x HTTP/1.1", "Connection: close"));
      await client.ended;
      expect(client.text).toStartWith(`HTTP/1.1 ${status} `);
      expect(client.text).toContain('"e"');
      expect(client.text).toEndWith("\r\n\r\nnext");
    });
  }

  test("HEAD: the head alone, with the length that GET would have", async () => {
    upstream.script(bytes(200, "12345", { "Content-Type": "text/plain" }), bytes(200, "next"));
    const client = await rawClient(ccb.port);
    client.send(head("HEAD /v1/x HTTP/1.1"));
    await client.until("\r\n\r\n");
    expect(client.text.toLowerCase()).toContain("content-length: 5\r\n");
    client.send(head("GET /v1/x HTTP/1.1", "Connection: close"));
    await client.ended;
    expect(client.text).toEndWith("\r\n\r\nnext");
  });

  for (const [status, type, headers] of [
    [400, "invalid_request_error", {}],
    [401, "authentication_error", { "x-should-retry": "true" }],
    [403, "permission_error", { "x-should-retry": "false" }],
    [404, "not_found_error", {}],
    [413, "request_too_large", {}],
    [429, "rate_limit_error", { "retry-after": "17", "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z" }],
    [500, "api_error", {}],
    [502, "api_error", {}],
    [503, "api_error", { "retry-after": "3" }],
    [504, "timeout_error", {}],
    [529, "overloaded_error", { "x-should-retry": "true" }],
  ] as const) {
    test(`the upstream's ${status} as it came`, async () => {
      const words = error(status, type, "the upstream's own words", headers);
      // An overloaded upstream is asked once more.
      upstream.script(...(status === 529 ? [words, words] : [words]));
      const reply = await ccb.request("/v1/messages", { method: "POST", body: "{}" });
      expect(reply.status).toBe(status);
      expect(await reply.json()).toEqual({
        type: "error",
        error: { type, message: "the upstream's own words" },
        request_id: "req_scripted",
      });
      for (const [name, value] of Object.entries(headers)) expect(reply.headers.get(name)).toBe(value);
      if (!("x-should-retry" in headers)) expect(reply.headers.has("x-should-retry")).toBe(false);
    });
  }

  test("a page of a firewall stays one", async () => {
    upstream.script(
      bytes(403, "<html>Just a moment…</html>", { "Content-Type": "text/html", "cf-mitigated": "challenge" }),
    );
    const reply = await ccb.request("/v1/messages", { method: "POST", body: "{}" });
    expect([reply.status, reply.headers.get("content-type"), await reply.text()]).toEqual([
      403,
      "text/html",
      "<html>Just a moment…</html>",
    ]);
  });
});

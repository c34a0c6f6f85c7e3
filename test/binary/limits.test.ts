// Bodies that are too large, upstreams that cannot be reached, paths that are none: ccb's own answers, through the binary.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Ccb } from "../support/binary.ts";
import { bytes, echo } from "../support/replies.ts";
import type { Echoed } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { SELF_SIGNED } from "./_certificate.ts";
import { envelopeOf, jsonOf, keyed, messagesRequest, startKeyed } from "./_ccb.ts";
import { head, rawClient } from "./_raw.ts";

const MB = 1024 * 1024;
let upstream: Upstream;
let ccb: Ccb;
beforeAll(async () => {
  upstream = await startUpstream();
  ccb = await startKeyed(upstream.url, { settings: { max_body_mb: 2 } });
});
afterAll(async () => {
  await ccb[Symbol.asyncDispose]();
  await upstream.stop();
});

describe("413", () => {
  test("at once where the length is announced, before a byte of it is sent", async () => {
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/messages HTTP/1.1", "Content-Length: 2097153"));
    await client.until("\r\n\r\n");
    expect(client.text).toStartWith("HTTP/1.1 413 ");
    expect(client.text.toLowerCase()).toContain("x-should-retry: false");
    await client.until("request_too_large");
    await client.until("max_body_mb");
    client.abort();
  });

  test("an SDK that sends all of it first sees the 413 too, not a broken pipe", async () => {
    const reply = await ccb.request("/v1/messages", { method: "POST", body: "x".repeat(3 * MB) });
    const error = await envelopeOf(reply);
    expect(error).toMatchObject({ status: 413, type: "request_too_large" });
    expect(error.message).toContain("2 MB");
  });

  test("a chunked body, once it is over", async () => {
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/messages/count_tokens HTTP/1.1", "Transfer-Encoding: chunked"));
    const part = "y".repeat(MB);
    for (let index = 0; index < 3; index += 1) client.send(`${MB.toString(16)}\r\n${part}\r\n`);
    await client.until("request_too_large");
    expect(client.text).toStartWith("HTTP/1.1 413 ");
    client.abort();
  });

  test("exactly the limit passes", async () => {
    upstream.script(echo());
    const reply = await ccb.request("/v1/messages", { method: "POST", body: "x".repeat(2 * MB) });
    expect((await jsonOf<Echoed>(reply)).bodyLength).toBe(2 * MB);
  });

  test("other paths stream through once, whatever the limit of messages", async () => {
    upstream.script(echo());
    const reply = await ccb.request("/v1/files", { method: "POST", body: "x".repeat(20 * MB) });
    expect((await jsonOf<Echoed>(reply)).bodyLength).toBe(20 * MB);
  });

  test("what passes through is with the upstream before the client has sent all of it", async () => {
    upstream.clear();
    upstream.script(bytes(200, "got it"));
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/files HTTP/1.1", `Content-Length: ${2 * MB}`) + "x".repeat(MB));
    const request = await upstream.request(0);
    const deadline = performance.now() + 5000;
    while (request.body.length < MB && performance.now() < deadline) await Bun.sleep(5);
    expect(request.body.length).toBe(MB);
    client.send("x".repeat(MB));
    await client.until("got it");
    client.abort();
  });

  test("over 512 MB is refused on every path", async () => {
    const client = await rawClient(ccb.port);
    client.send(head("POST /v1/files HTTP/1.1", `Content-Length: ${512 * MB + 1}`));
    await client.until("request_too_large");
    client.abort();
  });

  test("nothing of what was refused reached the upstream, and ccb serves on", async () => {
    upstream.clear();
    upstream.script(echo());
    expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
    expect(upstream.requests.length).toBe(1);
    upstream.assertUsed();
  });
});

describe("unreachable", () => {
  for (const [what, base, code] of [
    ["nobody listens", "http://127.0.0.1:1", "ConnectionRefused|ECONNREFUSED"],
    ["a name that does not exist", "https://does-not-exist.invalid", "\\w+"],
  ] as const) {
    test(`${what}: 503, with what to do, soon to be tried again however often it happens`, async () => {
      await using lonely = await startKeyed("", { providers: [keyed(base)] });
      for (let before = 0; before < 5; before += 1) await lonely.request("/v1/messages", messagesRequest());
      const reply = await lonely.request("/v1/messages", messagesRequest());
      expect([reply.headers.get("retry-after"), reply.headers.get("x-should-retry")]).toEqual(["3", null]);
      const error = await envelopeOf(reply);
      expect(error).toMatchObject({ status: 503, type: "api_error" });
      expect(error.message).toMatch(new RegExp(`^Keyed could not be reached \\((?:${code})\\)\\. Check the network`));
      // It says how to reach what, never where: base_url may hold more than a host.
      expect(error.message).not.toContain("://");
    });
  }

  test("a certificate that nobody vouches for is refused", async () => {
    await using secret = await startUpstream({ tls: SELF_SIGNED });
    secret.handle(() => bytes(200, "must not be read"));
    await using wary = await startKeyed("", { providers: [keyed(secret.url)] });
    const error = await envelopeOf(await wary.request("/v1/messages", messagesRequest()));
    expect(error.status).toBe(503);
    expect(secret.requests).toEqual([]);
    // The same one, vouched for by ca_file.
    await Bun.write(`${wary.home}/ca.pem`, SELF_SIGNED.cert);
    await using trusting = await startKeyed("", {
      providers: [keyed(secret.url)],
      settings: { ca_file: `${wary.home}/ca.pem` },
    });
    expect(await (await trusting.request("/v1/messages", messagesRequest())).text()).toBe("must not be read");
  });
});

describe("what is no path of the API", () => {
  for (const path of ["/page", "/v1", "/v2/messages", "/v1messages", "/api/hello"]) {
    test(`${path} is ccb's own 404`, async () => {
      const reply = await ccb.request(path);
      expect([reply.headers.get("x-should-retry"), await envelopeOf(reply)]).toMatchObject([
        "false",
        { status: 404, type: "not_found_error" },
      ]);
    });
  }

  test("a Host too short for the router is a 400, never another path", async () => {
    const client = await rawClient(ccb.port);
    client.send("GET /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await client.ended;
    expect(client.text).toMatch(/^HTTP\/1\.1 400 [^]*"invalid_request_error"/);
  });
});

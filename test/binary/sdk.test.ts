// The official SDKs see through ccb exactly what they see without it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type Anthropic from "@anthropic-ai/sdk";
import { anthropicStream, messagesHandler } from "../support/anthropic.ts";
import type { Ccb } from "../support/binary.ts";
import { breakAfter, error, hang, hangUp, reset, silentAfter, sse } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { forget, startKeyed } from "./_ccb.ts";
import { CALLS, failureOf, SDKS } from "./_sdk.ts";
import type { Sdk } from "./_sdk.ts";

let upstream: Upstream;
let ccb: Ccb;
beforeAll(async () => {
  upstream = await startUpstream();
  ccb = await startKeyed(upstream.url);
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

const clientOf = ({ Client }: Sdk, baseURL: string, options: Record<string, unknown> = {}): Anthropic =>
  new Client({ apiKey: "any", authToken: null, baseURL, maxRetries: 0, ...options });

/** Headers of the connection and of the credential. */
const OWN = new Set(["host", "authorization", "x-api-key", "connection"]);

/** What the upstream was asked, without what tells the two ways apart. */
function asked(): unknown {
  return upstream.requests.map((request) => {
    const headers: string[] = [];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index]?.toLowerCase() ?? "";
      if (!OWN.has(name)) headers.push(`${name}: ${request.rawHeaders[index + 1]}`);
    }
    headers.sort();
    return [request.method, request.url, headers, request.text.replaceAll(/_scripted\d+/g, "_scripted")];
  });
}

for (const sdk of SDKS) {
  describe(`SDK ${sdk.name}`, () => {
    for (const [name, call] of Object.entries(CALLS)) {
      test(name, async () => {
        upstream.handle(messagesHandler());
        const direct = [await call(clientOf(sdk, upstream.url), sdk), asked()];
        upstream.clear();
        const through = [await call(clientOf(sdk, ccb.url), sdk), asked()];
        expect(through).toEqual(direct);
      });
    }

    for (const [status, type, headers] of [
      [400, "invalid_request_error", {}],
      [401, "authentication_error", {}],
      [403, "permission_error", {}],
      [404, "not_found_error", {}],
      [408, "invalid_request_error", {}],
      [409, "conflict_error", {}],
      [413, "request_too_large", {}],
      [422, "invalid_request_error", {}],
      [429, "rate_limit_error", { "retry-after": "30" }],
      [500, "api_error", {}],
      [502, "api_error", {}],
      [503, "api_error", {}],
      [529, "overloaded_error", {}],
    ] as const) {
      test(`an error ${status}`, async () => {
        const ask = async (baseURL: string): Promise<unknown> => {
          const words = error(status, type, "the upstream's words", { ...headers, "request-id": "req_1" });
          // ccb asks an overloaded upstream once more.
          upstream.script(...(status === 529 && baseURL === ccb.url ? [words, words] : [words]));
          return await Promise.resolve(
            clientOf(sdk, baseURL).messages.create({ model: "m", max_tokens: 1, messages: [] }),
          ).then(() => "no error", failureOf);
        };
        const direct = await ask(upstream.url);
        expect(direct).toMatchObject({ status });
        expect(await ask(ccb.url)).toEqual(direct);
      });
    }

    test("an overload that it retries is asked about once more by ccb, each time", async () => {
      const tries = async (baseURL: string): Promise<number> => {
        upstream.script(
          ...Array.from({ length: 6 }, () =>
            error(529, "overloaded_error", "busy", { "retry-after-ms": "1", "x-should-retry": "true" }),
          ),
        );
        await Promise.resolve(
          clientOf(sdk, baseURL, { maxRetries: 2 }).messages.create({ model: "m", max_tokens: 1, messages: [] }),
        ).catch(() => {});
        const count = upstream.requests.length;
        upstream.clear();
        return count;
      };
      expect([await tries(upstream.url), await tries(ccb.url)]).toEqual([3, 6]);
    });

    const events = anthropicStream("a stream", 4);
    for (const [what, reply] of [
      ["a break in mid-stream", () => breakAfter(3, events)],
      [
        "an error event in mid-stream",
        () =>
          sse([
            ...events.slice(0, 3),
            'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
          ]),
      ],
      ["a clean end without message_stop", () => breakAfter(3, events, { how: "clean" })],
    ] as readonly (readonly [string, () => Reply])[]) {
      test(`${what} is the same kind of failure`, async () => {
        const ask = async (baseURL: string): Promise<string> => {
          upstream.script(reply());
          const stream = clientOf(sdk, baseURL).messages.stream({
            model: "m",
            max_tokens: 1,
            messages: [{ role: "user", content: "x" }],
          });
          return await stream.finalMessage().then(
            () => "no error",
            (cause: unknown) => (cause instanceof Error ? cause.constructor.name : "no class"),
          );
        };
        const direct = await ask(upstream.url);
        expect(direct).not.toBe("no error");
        expect(await ask(ccb.url)).toBe(direct);
      });
    }

    test("a FIN in mid-stream is a broken connection", async () => {
      upstream.script(breakAfter(3, events, { how: "fin" }));
      const stream = clientOf(sdk, ccb.url).messages.stream({
        model: "m",
        max_tokens: 1,
        messages: [{ role: "user", content: "x" }],
      });
      // How far its reader was decides which of the two it calls a reset connection.
      const failure = await stream.finalMessage().then(() => null, failureOf);
      expect(JSON.stringify(failure)).toMatch(
        /"class":"(?:APIConnectionError|AnthropicError)".*(?:ECONNRESET|[Cc]onnection)/,
      );
    });

    for (const [what, reply] of [
      ["RST", reset],
      ["FIN", hangUp],
    ] as const) {
      test(`${what} before the headers: ccb says 502, which the SDK retries like a broken connection`, async () => {
        upstream.script(reply());
        const failure = await Promise.resolve(
          clientOf(sdk, ccb.url).messages.create({ model: "m", max_tokens: 1, messages: [] }),
        ).then(() => null, failureOf);
        expect(failure).toMatchObject({ class: "InternalServerError", status: 502 });
        upstream.clear();
        upstream.handle(messagesHandler());
        upstream.script(reply());
        const client = clientOf(sdk, ccb.url, { maxRetries: 1 });
        expect((await client.messages.create({ model: "m", max_tokens: 1, messages: [] })).type).toBe("message");
      });
    }

    test("nobody listens: a connection error, ccb or not", async () => {
      const failure = await Promise.resolve(
        clientOf(sdk, "http://127.0.0.1:1").messages.create({ model: "m", max_tokens: 1, messages: [] }),
      ).then(() => null, failureOf);
      expect(failure).toMatchObject({ class: "APIConnectionError" });
    });

    test("its own time-out ends the request upstream", async () => {
      upstream.script(hang());
      const failure = await Promise.resolve(
        clientOf(sdk, ccb.url, { timeout: 150 }).messages.create({ model: "m", max_tokens: 1, messages: [] }),
      ).then(() => null, failureOf);
      expect(failure).toMatchObject({ class: "APIConnectionTimeoutError" });
      await upstream.requests[0]?.aborted;
    });

    test("abort before the headers, and in mid-stream, ends the request upstream", async () => {
      upstream.script(
        hang(),
        silentAfter(events.slice(0, 3).join("").length, events.join(""), { "Content-Type": "text/event-stream" }),
      );
      const client = clientOf(sdk, ccb.url);
      const abort = new AbortController();
      const waiting = Promise.resolve(
        client.messages.create({ model: "m", max_tokens: 1, messages: [] }, { signal: abort.signal }),
      ).then(() => null, failureOf);
      await upstream.request(0);
      abort.abort();
      expect(await waiting).toMatchObject({ class: "APIUserAbortError" });
      await upstream.requests[0]?.aborted;

      const stream = client.messages.stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] });
      const seen: string[] = [];
      const failure = await (async () => {
        for await (const event of stream) {
          seen.push(event.type);
          if (seen.length === 2) stream.abort();
        }
      })().then(() => null, failureOf);
      expect([seen.slice(0, 2), failure]).toMatchObject([
        ["message_start", "content_block_start"],
        { class: "APIUserAbortError" },
      ]);
      await upstream.requests[1]?.aborted;
    });
  });
}

// Many at once through the plain binary, with nothing set in the environment.
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { sseEvent } from "../support/anthropic.ts";
import { hang, json, sse } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { messagesRequest, requestLines, startKeyed } from "./_ccb.ts";
import { head, rawClient, request } from "./_raw.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** 100 events that no other stream has. */
const eventsOf = (stream: string): string[] =>
  Array.from({ length: 100 }, (_, index) =>
    sseEvent("content_block_delta", { index, text: `${stream}: ${"é".repeat(index % 50)}` }),
  );

describe("600 streams", () => {
  test("of 100 events each, all open at once, each equal to the upstream's bytes", async () => {
    await using upstream = await startUpstream();
    await using ccb = await startKeyed(upstream.url);
    const gate = Promise.withResolvers<void>();
    let open = 0;
    upstream.handle(({ path }) => {
      const events = eventsOf(path);
      return sse(
        (async function* () {
          yield events[0] ?? "";
          // No stream goes on before every one has begun.
          if (++open === 600) gate.resolve();
          await gate.promise;
          yield* events.slice(1);
        })(),
      );
    });
    const hashes = await Promise.all(
      Array.from({ length: 600 }, async (_, index) => {
        return sha256((await request(ccb.port, `/v1/streams/${index}`)).text);
      }),
    );
    expect(hashes).toEqual(
      Array.from({ length: 600 }, (_, index) => sha256(eventsOf(`/v1/streams/${index}`).join(""))),
    );
    const lines = await requestLines(ccb, 600);
    expect(lines.every((line) => line["status"] === 200 && line["end"] === "complete" && line["attempts"] === 1)).toBe(
      true,
    );
  });
});

describe("300 requests that hang upstream", () => {
  test("and one more is served", async () => {
    await using upstream = await startUpstream();
    await using ccb = await startKeyed(upstream.url);
    upstream.handle(({ path }) => (path === "/v1/hang" ? hang() : json(200, { served: true })));
    const clients = await Promise.all(Array.from({ length: 300 }, () => rawClient(ccb.port)));
    for (const client of clients) client.send(head("GET /v1/hang HTTP/1.1"));
    await upstream.request(299);
    const began = performance.now();
    expect(await (await ccb.request("/v1/messages", messagesRequest())).json()).toEqual({ served: true });
    expect(performance.now() - began).toBeLessThan(2000);
    for (const client of clients) client.abort();
    // Each of them ends upstream too.
    await Promise.all(upstream.requests.filter(({ path }) => path === "/v1/hang").map(({ aborted }) => aborted));
  });
});

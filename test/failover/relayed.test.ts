// What is about the request is relayed as it came and costs nobody anything: 400, 403, 404, 409, 413, 422.
import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { bytes, json } from "../support/replies.ts";
import { startRig } from "./_rig.ts";

const envelope = (type: string, message: string, more = {}): string =>
  JSON.stringify({ type: "error", error: { type, message, ...more }, request_id: "req_011" });

const REFUSALS: readonly (readonly [number, string])[] = [
  [400, envelope("invalid_request_error", "messages: text content blocks must be non-empty")],
  [400, envelope("invalid_request_error", "This credential is only authorized for use with Claude Code")],
  // A prompt that quotes what an account would be told is no refusal of the account.
  [400, envelope("invalid_request_error", 'messages.0: "This organization has been disabled" is not allowed')],
  [403, envelope("permission_error", "Your API key does not have permission to use the specified resource.")],
  [404, envelope("not_found_error", "model: claude-none")],
  [404, envelope("not_found_error", "thread: no message", { details: { error_code: "thread_not_found" } })],
  [409, envelope("conflict_error", "A conflict.")],
  [413, envelope("request_too_large", "Request exceeds the maximum size")],
  [413, "<html><body><center><h1>413 Request Entity Too Large</h1></center></body></html>"],
  [422, envelope("invalid_request_error", "Unprocessable")],
  [405, "plain words"],
  [418, ""],
];

for (const [signer, options] of [
  ["a key", {}],
  ["an account", { accounts: ["one@example.com"] }],
] as const) {
  for (const [status, body] of REFUSALS) {
    test(`${signer}: ${status} ${body.slice(0, 80)}`, async () => {
      await using rig = await startRig(options);
      const type = body.startsWith("<") ? "text/html" : "application/json";
      rig.on("A").script(bytes(status, body, { "Content-Type": type, "request-id": "req_011", "x-odd": "kept" }));
      const reply = await rig.ask();
      expect([reply.status, reply.text, reply.provider, reply.attempts]).toEqual([status, body, "A", 1]);
      expect([reply.headers.get("request-id"), reply.headers.get("x-odd")]).toEqual(["req_011", "kept"]);
      expect(rig.asked()).toBe("A1 B0");
      expect(await rig.benches(reply)).toEqual([]);
      expect(await rig.trace(reply)).toMatchObject({ state: "complete", attempts: [{ status, action: "relay" }] });
      expect((await rig.ask()).provider).toBe("A");
      expect(await rig.target("A")).toMatchObject({ state: "ready", cooldowns: [] });
    });
  }
}

test("packed bytes stay packed", async () => {
  await using rig = await startRig();
  const packed = gzipSync(envelope("invalid_request_error", "no"));
  rig.on("A").script(bytes(400, packed, { "Content-Type": "application/json", "Content-Encoding": "gzip" }));
  const reply = await rig.ask();
  expect([reply.status, reply.headers.get("content-encoding")]).toEqual([400, "gzip"]);
  expect(Buffer.from(reply.bytes).equals(packed)).toBe(true);
});

test("a refusal on another path, and redirects, are relayed too", async () => {
  await using rig = await startRig();
  rig.on("A").script(json(404, { type: "error", error: { type: "not_found_error", message: "no file" } }));
  expect((await rig.ask({ method: "GET", path: "/v1/files/file_1" })).status).toBe(404);
  expect(rig.asked()).toBe("A1 B0");
});

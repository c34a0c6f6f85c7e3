// The client of the API without a server: what it sends, its patience, and the way it tries first.
import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { createClient } from "../../src/cli/client.ts";
import { CcbError } from "../../src/core/errors.ts";
import type { Fetch, FetchInit } from "../../src/core/ports.ts";
import { Secret } from "../../src/core/secret.ts";
import { createTestClock } from "../support/clock.ts";

const Schema = Type.Object({ ok: Type.Boolean() });

function rig(fetch: Fetch, more: Partial<Parameters<typeof createClient>[0]> = {}) {
  const clock = createTestClock();
  const client = createClient({
    fetch,
    clock,
    base: "http://127.0.0.1:1",
    key: null,
    socket: null,
    language: "en",
    ...more,
  });
  return { clock, client };
}

/** The error of a call, which must be one of ccb's own. */
async function errorOf(call: Promise<unknown>): Promise<CcbError> {
  const error = await call.then(
    () => new Error("it did not fail"),
    (cause: unknown) => cause,
  );
  if (error instanceof CcbError) return error;
  throw error;
}

test("method, body, key and language", async () => {
  const seen: [string, FetchInit][] = [];
  const { client } = rig(
    async (url, init) => {
      seen.push([url, init]);
      return Response.json({ ok: true });
    },
    { key: new Secret("ccb_key"), language: "zh-CN" },
  );
  expect(await client.send("POST", "/x", { a: 1 }, Schema)).toEqual({ ok: true });
  const [[url, init] = ["", {}]] = seen;
  expect([url, init.method, init.body, init.redirect, init.proxy]).toEqual([
    "http://127.0.0.1:1/x",
    "POST",
    '{"a":1}',
    "manual",
    false,
  ]);
  expect(Object.fromEntries(init.headers ?? [])).toEqual({
    accept: "application/json",
    "accept-language": "zh-CN",
    "content-type": "application/json",
    "x-ccb-key": "ccb_key",
  });
});

test("a server that says nothing for 90 s", async () => {
  const { client, clock } = rig(
    (_url, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))),
  );
  const failed = errorOf(client.get("/x", Schema));
  await clock.advance(90_000);
  expect((await failed).code).toBe("server_silent");
  expect(clock.timers()).toEqual([]);
});

test("the socket first; the address only where nobody has seen the request", async () => {
  const ways: (string | undefined)[] = [];
  const failing = (code: string) =>
    rig(
      async (_url, { unix }) => {
        ways.push(unix);
        if (unix !== undefined) throw Object.assign(new Error(code), { code });
        return Response.json({ ok: true });
      },
      { socket: "/run/ccb.sock" },
    ).client;
  const gone = failing("ENOENT");
  await gone.get("/x", Schema);
  await gone.get("/x", Schema);
  expect(ways.splice(0)).toEqual(["/run/ccb.sock", undefined, undefined]);
  expect((await errorOf(failing("ECONNRESET").send("DELETE", "/x", null, Schema))).code).toBe("server_down");
  expect(ways).toEqual(["/run/ccb.sock"]);
});

test("the server's own error: its code, its message, its retry-after", async () => {
  const body = { type: "error", error: { type: "api_error", message: "Wait." }, request_id: "ccb_1" };
  for (const [named, code] of [
    ["token_unavailable", "token_unavailable"],
    ["something_newer", "server_said"],
  ] as const) {
    const headers = { "x-ccb-error": named, "retry-after": "7" };
    const { client } = rig(async () => Response.json(body, { status: 503, headers }));
    const error = await errorOf(client.get("/x", Schema));
    expect([error.code, error.message, error.retryAfterSeconds]).toEqual([code, "Wait.", 7]);
  }
});

test("what does not fit the schema is no ccb", async () => {
  for (const reply of [Response.json({ ok: "yes" }), new Response("{"), new Response(null, { status: 302 })]) {
    const { client } = rig(async () => reply);
    expect((await errorOf(client.get("/x", Schema))).code).toBe("server_foreign");
  }
});

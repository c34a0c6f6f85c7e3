// What is never sent twice: a body that passed through, and what may have made something.
import { describe, expect, test } from "bun:test";
import { error, hang, hangUp, json, reset } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { freePort } from "../support/binary.ts";
import { startRig } from "./_rig.ts";

/** A body without a length: it passes through. */
const upload = (text = "x".repeat(50_000)): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
const FAILURES: Readonly<Record<string, Reply>> = {
  reset: reset(),
  "hang up": hangUp(),
  "500": error(500, "api_error", "no"),
  "503": error(503, "api_error", "no"),
  "529": error(529, "overloaded_error", "Overloaded"),
  "429": error(429, "rate_limit_error", "limit", { "retry-after": "60" }),
  "402": error(402, "billing_error", "money"),
};

describe("a stream of upload", () => {
  for (const [what, reply] of Object.entries(FAILURES)) {
    test(`${what}: relayed, no other target gets any of it`, async () => {
      await using rig = await startRig();
      rig.on("A").script(reply);
      const got = await rig.drive(rig.ask({ path: "/v1/files", raw: upload() }), 3_000, 50);
      expect(got.status).toBeGreaterThanOrEqual(400);
      expect([rig.asked(), rig.on("A").requests[0]?.body.length]).toEqual(["A1 B0", 50_000]);
    });
  }

  test("a refused token: renewed, but the body is gone, so the client is asked to send it again", async () => {
    await using rig = await startRig({ providers: { A: {} }, accounts: ["one@x.io", "two@x.io"] });
    rig.world.oauth.expire("one@x.io");
    const got = await rig.ask({ path: "/v1/files", raw: upload() });
    expect([got.status, rig.asked(), rig.world.oauth.refreshes]).toEqual([503, "A1", 1]);
    expect(got.headers.get("x-should-retry")).toBe(null);
    rig.on("A").script(json(200, { id: "file_1" }));
    expect((await rig.ask({ path: "/v1/files", raw: upload() })).status).toBe(200);
  });

  test("of messages it is read whole, and may go elsewhere", async () => {
    await using rig = await startRig();
    rig.on("A").script(error(500, "api_error", "no"));
    const text = JSON.stringify({ model: "claude-opus-5", max_tokens: 5, messages: [] });
    const got = await rig.ask({ raw: upload(text) });
    expect([got.status, got.provider, rig.on("B").requests[0]?.text]).toEqual([200, "B", text]);
  });
});

for (const path of ["/v1/messages/batches", "/v1/files"]) {
  describe(`POST ${path}`, () => {
    const send = { path, raw: '{"requests":[]}', headers: { "content-length": "15" } };

    for (const what of ["reset", "hang up", "500"]) {
      test(`${what}: it may have been carried out, so it is not repeated`, async () => {
        await using rig = await startRig();
        rig.on("A").script(FAILURES[what] ?? reset());
        const got = await rig.ask(send);
        expect([got.status, rig.asked()]).toEqual([what === "500" ? 500 : 502, "A1 B0"]);
      });
    }

    test("no answer in time: not repeated", async () => {
      await using rig = await startRig({ settings: { timeouts: { first_byte: 30 } } });
      rig.on("A").script(hang());
      const pending = rig.ask(send);
      await rig.on("A").request(0);
      expect((await rig.drive(pending, 40_000, 1_000)).status).toBe(504);
      await rig.world.clock.advance(60_000);
      expect(rig.asked()).toBe("A1 B0");
    });

    for (const what of ["503", "529", "429", "402"]) {
      test(`${what}: it was certainly not taken, so another target may take it`, async () => {
        await using rig = await startRig();
        rig.on("A").script(FAILURES[what] ?? reset());
        rig.on("B").script(json(200, { id: "thing_1" }));
        const got = await rig.ask(send);
        expect([got.status, got.provider, rig.asked()]).toEqual([200, "B", "A1 B1"]);
      });
    }

    test("connect refused: nothing was sent, so another target may take it", async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      await using rig = await startRig({ providers: { A: { base_url: url }, B: {} } });
      rig.on("B").script(json(200, { id: "thing_1" }));
      expect((await rig.ask(send)).provider).toBe("B");
    });
  });
}

test("a GET may always be asked elsewhere", async () => {
  await using rig = await startRig();
  rig.on("A").script(reset());
  expect((await rig.ask({ method: "GET", path: "/v1/models" })).provider).toBe("B");
});

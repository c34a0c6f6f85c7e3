// Model routes over the wire: who is asked for which model, under which name, with every other byte as it came.
import { describe, expect, test } from "bun:test";
import { error } from "../support/replies.ts";
import { startRig } from "./_rig.ts";

const ROUTES = {
  "*haiku*": [
    { provider: "C", model: "small-local", priority: 1 },
    { provider: "A", model: "passthrough", priority: 2 },
  ],
  "claude-opus-*": [
    { provider: "B", model: "claude-sonnet-5" },
    { provider: "B", model: "claude-haiku-9", priority: 900 },
  ],
  "claude-*": [{ provider: "A" }],
};
const options = { providers: { A: {}, B: {}, C: {} }, routes: ROUTES };

/** As a client might write it: blanks, escapes, unknown keys, the word model elsewhere. */
const body = (model: string): string =>
  `{ "messages":[{"role":"user","content":"the \\"model\\": \\u00e9 \\ud83d\\udc4b"}],\n "metadata": {"model":"inner"},"max_tokens": 1.60e1,  "model" : ${JSON.stringify(model)},"odd":null }`;

for (const path of ["/v1/messages", "/v1/messages/count_tokens", "/v1/messages?beta=true"]) {
  describe(path, () => {
    test("a passthrough route changes no byte, and asks no other provider", async () => {
      await using rig = await startRig(options);
      const raw = body("claude-sonnet-5");
      const reply = await rig.ask({ path, raw });
      expect([reply.status, reply.provider]).toEqual([200, "A"]);
      expect([rig.on("A").requests[0]?.text, rig.asked()]).toEqual([raw, "A1 B0 C0"]);
    });

    test("another name is put in, all other bytes stay", async () => {
      await using rig = await startRig(options);
      await rig.ask({ path, raw: body("Claude-Opus-5") });
      expect(rig.on("B").requests[0]?.text).toBe(body("claude-sonnet-5"));
      expect(rig.on("B").requests[0]?.header("content-length")).toBe(String(body("claude-sonnet-5").length));
    });

    test("failover stays on the route, in its order", async () => {
      await using rig = await startRig(options);
      rig.on("C").script(error(500, "api_error", "no"));
      const reply = await rig.ask({ path, raw: body("claude-3-5-haiku") });
      expect([reply.status, reply.provider, rig.asked()]).toEqual([200, "A", "A1 B0 C1"]);
      expect(rig.on("C").requests[0]?.text).toBe(body("small-local"));
      expect(rig.on("A").requests[0]?.text).toBe(body("claude-3-5-haiku"));
      const { attempts } = await rig.trace(reply);
      expect(attempts.map(({ model }: { model: string }) => model)).toEqual(["small-local", "claude-3-5-haiku"]);
    });
  });
}

test("no match: every enabled provider", async () => {
  await using rig = await startRig(options);
  rig.on("A").script(error(500, "api_error", "no"));
  rig.on("B").script(error(500, "api_error", "no"));
  expect((await rig.ask({ raw: body("gpt-none") })).provider).toBe("C");
});

test("a provider may be asked for two models: a limit of one model leaves the other", async () => {
  await using rig = await startRig(options);
  rig.on("B").script(
    error(429, "rate_limit_error", "no", {
      "anthropic-ratelimit-unified-5h-status": "allowed",
      "anthropic-ratelimit-unified-7d-status": "allowed",
      "anthropic-ratelimit-unified-7d_oi-status": "rejected",
      "retry-after": "7200",
    }),
  );
  const reply = await rig.ask({ raw: body("claude-opus-5") });
  expect([reply.status, reply.attempts, rig.asked()]).toEqual([200, 2, "A0 B2 C0"]);
  expect(rig.on("B").requests.map(({ text }) => text)).toEqual([body("claude-sonnet-5"), body("claude-haiku-9")]);
  // The trace and the bench name the model that was asked for there.
  expect((await rig.target("B")).cooldowns).toMatchObject([{ scope: "model", model: "claude-sonnet-5" }]);
});

test("the route's only provider at its limit: 429, the others are not asked", async () => {
  await using rig = await startRig(options);
  rig.on("A").script(error(429, "rate_limit_error", "limit", { "retry-after": "100" }));
  expect((await rig.ask({ raw: body("claude-sonnet-5") })).status).toBe(429);
  expect((await rig.ask({ raw: body("claude-sonnet-5") })).status).toBe(429);
  expect(rig.asked()).toBe("A1 B0 C0");
  expect((await rig.ask({ raw: body("claude-opus-5") })).status).toBe(200);
});

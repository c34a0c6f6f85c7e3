// "402, billing_error, credit exhausted": the next target, and only that model on that target rests.
import { describe, expect, test } from "bun:test";
import { error } from "../support/replies.ts";
import type { Reply } from "../support/replies.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { startRig } from "./_rig.ts";

const OTHER = { model: "claude-sonnet-5" };
const LOW = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.";

const SPENT: Readonly<Record<string, Reply>> = {
  "402": error(402, "billing_error", "Payment is required."),
  "402 without an envelope": error(402, "other_error", "?"),
  "billing_error as a 429": error(429, "billing_error", "Your plan has no credits left."),
  "400 with a low credit balance": error(400, "invalid_request_error", LOW),
  "429 with out_of_credits": error(429, "rate_limit_error", "Usage", {
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-overage-disabled-reason": "out_of_credits",
  }),
};

for (const [what, reply] of Object.entries(SPENT)) {
  describe(what, () => {
    test("another target answers; this model rests there, others do not", async () => {
      await using rig = await startRig();
      rig.on("A").script(reply);
      const got = await rig.ask();
      expect([got.status, got.provider, got.attempts, rig.asked()]).toEqual([200, "B", 2, "A1 B1"]);
      expect((await rig.tried(got))[0]).toMatch(/^A \d+ credit_spent$/);
      expect(await rig.benches(got)).toEqual(["model 300000"]);
      expect((await rig.target("A")).cooldowns).toMatchObject([{ scope: "model", model: "claude-opus-5" }]);
      expect((await rig.ask()).provider).toBe("B");
      expect((await rig.ask({ body: OTHER })).provider).toBe("A");
      await rig.world.clock.advance(299_999);
      expect((await rig.ask()).provider).toBe("B");
      await rig.world.clock.advance(1);
      expect((await rig.ask()).provider).toBe("A");
    });

    test("of the only target: relayed as it came, and tried again at once", async () => {
      await using rig = await startRig({ providers: { A: {} } });
      rig.on("A").script(reply);
      const got = await rig.ask();
      expect([got.headers.get("x-ccb-provider"), got.attempts]).toEqual(["A", 1]);
      expect(got.error).toBeDefined();
      expect([(await rig.ask()).status, rig.asked()]).toEqual([200, "A2"]);
    });
  });
}

test("where money is spent everywhere, the first target's own words are relayed", async () => {
  await using rig = await startRig();
  rig.on("A").handle(() => error(402, "billing_error", "A's words"));
  rig.on("B").handle(() => error(402, "billing_error", "B's words"));
  const got = await rig.ask();
  expect([got.status, got.error.message, got.provider, rig.asked()]).toEqual([402, "A's words", "A", "A1 B1"]);
});

test("an official time for the model's money is kept", async () => {
  await using rig = await startRig();
  rig.on("A").handle(
    ((usual) => {
      let asked = 0;
      return (request) =>
        asked++ === 0 ? error(402, "billing_error", "Wait", { "retry-after": "7200" }) : usual(request);
    })(messagesHandler()),
  );
  expect((await rig.ask()).provider).toBe("B");
  await rig.world.clock.advance(7_199_000);
  expect((await rig.ask()).provider).toBe("B");
  await rig.world.clock.advance(1_000 + 2_000);
  expect((await rig.ask()).provider).toBe("A");
});

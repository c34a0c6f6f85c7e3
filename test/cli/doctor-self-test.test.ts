// ccb doctor --self-test, by the binary: its steps, its document, and that it touches nothing of the person's.
import { expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SelfTestSchema } from "../../src/cli/doctor/self-test.ts";
import { createSteps, StepFault } from "../../src/cli/doctor/self-test-steps.ts";
import { startPeer } from "../../src/cli/doctor/self-test-peer.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { makeHome, runCcb } from "../support/binary.ts";
import { createTestClock } from "../support/clock.ts";
import { CHINESE, documentOf } from "./_served.ts";

const NAMES = ["sign_in", "stream", "refresh", "failover", "abort"] as const;

test("every step works, in about two seconds", async () => {
  const { code, stdout, stderr } = await runCcb(["doctor", "--self-test"]);
  expect(stderr).toBe("");
  for (const name of ["sign-in", "stream", "refresh", "failover", "abort"])
    expect(stdout).toMatch(new RegExp(`^ok +${name} +\\d.*m?s  \\w`, "m"));
  expect(stdout).toMatch(/\n\nAll steps work \(\d.*s\)\.\n$/);
  expect(code).toBe(0);
  const chinese = await runCcb(["doctor", "--self-test"], { env: CHINESE });
  expect(chinese.stdout).toMatch(/\n\n所有步骤正常/);
});

test("as JSON; a bad configuration, proxies and a home without anything make no difference, and nothing is left there", async () => {
  const home = makeHome();
  const before = readdirSync(home);
  const env = {
    HTTP_PROXY: "http://127.0.0.1:1",
    NO_PROXY: "",
    CCB_PORT: "none",
    CCB_CONFIG: join(home, "nothing.yaml"),
  };
  const finished = await runCcb(["doctor", "--self-test", "--json"], { home, env });
  const { result, steps, milliseconds } = documentOf(finished, SelfTestSchema);
  expect([result, finished.code, finished.stderr]).toEqual(["ok", 0, ""]);
  expect(steps.map(({ step, ok }) => [step, ok])).toEqual(NAMES.map((name) => [name, true]));
  expect(milliseconds).toBeLessThan(10_000);
  expect(readdirSync(home)).toEqual(before);
  rmSync(home, { recursive: true });
});

/** The steps against a program that is not ccb: `serve` answers for it. */
async function faults(serve: Fetch): Promise<readonly string[]> {
  const peer = await startPeer(createTestClock());
  const steps = createSteps({ url: "http://ccb.invalid", peer, fetch: serve });
  const found: string[] = [];
  for (const { name, run } of steps.filter((step) => step.name !== "abort"))
    await run().catch((error: unknown) => {
      if (!(error instanceof StepFault)) throw error;
      found.push(`${name}: ${error.kind}`);
    });
  peer.stop();
  return found;
}

test("a program that does otherwise is found out", async () => {
  expect(await faults(() => Promise.resolve(new Response("no", { status: 500 })))).toEqual([
    "sign_in: status",
    "stream: status",
    "refresh: status",
    "failover: status",
  ]);
  expect(await faults(() => Promise.resolve(Response.json({ total_tokens: 2 })))).toEqual([
    "sign_in: challenge",
    "stream: bytes",
    "refresh: refreshes",
    "failover: attempts",
  ]);
});

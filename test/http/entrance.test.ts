// How long the connection of a request may be silent: who is relayed has limits of the relay's own, everybody else Bun's.
import { expect, test } from "bun:test";
import { createEntrance } from "../../src/http/entrance.ts";
import { SOMEBODY } from "../../src/http/door.ts";
import { createProxyRoutes } from "../../src/http/proxy.ts";
import { createTestLog } from "../support/log.ts";

const toResponse = (): Response => new Response(null, { status: 500 });
const entrance = createEntrance({
  clock: { monotonic: () => 0 },
  log: createTestLog().log,
  door: { admit: () => ({ key: null, trusted: true, api: true, ownKeyForUpstream: false }), replace: () => {} },
  toResponse,
});
const relay = entrance.guarded(async () => new Response());
const proxy = createProxyRoutes({ relay, toResponse, newId: () => "ccb_1" });

async function limitsOf(path: string, init: RequestInit): Promise<number[]> {
  const limits: number[] = [];
  const request = new Request(`http://localhost${path}`, init);
  await entrance.handle(
    request,
    (_, seconds) => limits.push(seconds),
    SOMEBODY,
    async (routed) => await proxy.fetch(routed),
  );
  return limits;
}

test.each([
  ["a request that is relayed", "/v1/messages", { method: "POST", body: "{}" }, [0]],
  ["one that is not", "/health", { method: "GET" }, []],
  ["TRACE, which is refused before the relay", "/v1/messages", { method: "TRACE" }, []],
] as const)("%s", async (_, path, init, limits) => {
  expect(await limitsOf(path, init)).toEqual([...limits]);
});

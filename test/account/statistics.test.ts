// How often and when: counted, written behind, restored, and never in the way of a token.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createStatistics, parseStatistics } from "../../src/account/statistics.ts";
import { createTestClock, settle } from "../support/clock.ts";
import { json } from "../support/replies.ts";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { createWorld } from "../support/world.ts";

const SECOND = 1_000;
const statsWrites = (vault: { readonly operations: readonly string[] }): number =>
  vault.operations.filter((operation) => operation === "set stats").length;

describe("counters", () => {
  test("an unused account has none", () => {
    const statistics = createStatistics(createTestClock(), () => {});
    expect(statistics.of("a")).toEqual({ usage_count: 0, last_used: null });
  });

  test("what an earlier run left is added to what this one has counted; the later use is the last", () => {
    const clock = createTestClock(1_000_000);
    const statistics = createStatistics(clock, () => {});
    statistics.count("a");
    statistics.restore(
      new Map([
        ["a", { usage_count: 41, last_used: 500 }],
        ["b", { usage_count: 7, last_used: 600 }],
      ]),
    );
    expect(statistics.of("a")).toEqual({ usage_count: 42, last_used: 1_000 });
    expect(statistics.of("b")).toEqual({ usage_count: 7, last_used: 600 });
  });

  test("over any entry and any uses, nothing is negative and everything adds up", () => {
    const usage = fc.record({ usage_count: fc.nat(), last_used: fc.option(fc.nat(), { nil: null }) });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), usage),
        fc.array(fc.string()),
        fc.integer({ min: -5_000, max: 5_000 }),
        (earlier, uses, now) => {
          const statistics = createStatistics({ ...createTestClock(), now: () => now }, () => {});
          for (const id of uses) statistics.count(id);
          const before = new Map(Object.entries(earlier));
          statistics.restore(before);
          for (const id of [...uses, ...before.keys()]) {
            const { usage_count, last_used } = statistics.of(id);
            expect(usage_count).toBe((before.get(id)?.usage_count ?? 0) + uses.filter((used) => used === id).length);
            expect(last_used === null || last_used >= 0).toBe(true);
          }
          const back = parseStatistics(statistics.toEntry());
          expect(typeof back).not.toBe("string");
        },
      ),
    );
  });

  for (const [text, expected] of [
    ["{ half", "corrupt"],
    ["[]", "corrupt"],
    [JSON.stringify({ version: 1, accounts: { a: { usage_count: -1, last_used: null } } }), "corrupt"],
    [JSON.stringify({ version: 1, accounts: { a: { usage_count: 1.5, last_used: null } } }), "corrupt"],
    [JSON.stringify({ version: 1, accounts: { a: { usage_count: 1, last_used: -3 } } }), "corrupt"],
    [JSON.stringify({ version: 9, accounts: {} }), "future"],
  ] as const) {
    test(`${text} is ${expected}`, () => expect(parseStatistics(text)).toBe(expected));
  }
});

describe("what counts", () => {
  test("requests served, count_tokens too; failed attempts and failed requests not", async () => {
    await using world = await createWorld();
    await world.signIn();
    const usage = async () => (await world.json("/oauth/status")).body.tokens[0];
    expect(await usage()).toMatchObject({ usage_count: 0, last_used: null, last_used_timestamp: null });
    await world.message();
    await world.post("/v1/messages/count_tokens", {});
    expect(await usage()).toMatchObject({ usage_count: 2, last_used_timestamp: Math.floor(world.clock.now() / 1000) });
    world.upstream.script(json(500, {}), json(429, {}), json(400, {}));
    for (let request = 0; request < 3; request += 1) await world.message();
    expect((await usage()).usage_count).toBe(2);
    world.oauth.expire("user1@example.com");
    await world.message(); // 401, refresh, 200: one request
    expect((await usage()).usage_count).toBe(3);
  });

  test("the words follow the clock and the reader", async () => {
    await using world = await createWorld({ config: { settings: { oauth: { enable_auto_refresh: false } } } });
    await world.signIn();
    await world.message();
    const said = async (language: string): Promise<unknown> =>
      (await world.json("/oauth/status", { headers: { "accept-language": language } })).body.tokens[0].last_used;
    await world.clock.advance(5 * 60 * SECOND);
    expect([await said("zh-CN"), await said("en")]).toEqual(["5分钟前", "5 minutes ago"]);
    await world.clock.advance(2 * 3_600 * SECOND);
    expect([await said("zh-CN"), await said("en")]).toEqual(["2小时前", "2 hours ago"]);
    await world.clock.advance(24 * 3_600 * SECOND);
    expect([await said("zh-CN"), await said("en")]).toEqual(["昨天", "yesterday"]);
  });
});

describe("written behind", () => {
  test("at most every 10 s, and only when changed", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn();
    for (let second = 0; second < 30; second += 1) {
      await world.message();
      await world.clock.advance(SECOND);
    }
    expect(statsWrites(vault)).toBeGreaterThanOrEqual(2);
    expect(statsWrites(vault)).toBeLessThanOrEqual(3);
    await world.clock.advance(60 * SECOND);
    const written = statsWrites(vault);
    await world.clock.advance(600 * SECOND);
    expect(statsWrites(vault)).toBe(written);
    const { account_id: id } = (await world.json("/oauth/status")).body.tokens[0];
    expect(vault.json("stats")).toMatchObject({ accounts: { [id]: { usage_count: 30 } } });
  });

  test("a crash loses at most the last 10 s", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn();
    for (let request = 0; request < 5; request += 1) await world.message();
    await world.clock.advance(10 * SECOND);
    await world.message();
    // Killed here: what another start finds.
    await using again = await createWorld({
      after: world,
      vault: createScriptedVault(Object.fromEntries(vault.values)),
    });
    expect((await again.json("/oauth/status")).body.tokens[0].usage_count).toBe(5);
  });

  test("at shutdown, all of it", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn();
    await world.message();
    await world.app.stop();
    await using again = await createWorld({
      after: world,
      vault: createScriptedVault(Object.fromEntries(vault.values)),
    });
    await again.message();
    expect((await again.json("/oauth/status")).body.tokens[0].usage_count).toBe(2);
  });

  test("no token is written with them, and no token waits for them", async () => {
    const vault = createScriptedVault();
    await using world = await createWorld({ vault });
    await world.signIn();
    const entry = [...vault.values].find(([name]) => name.startsWith("account:")) ?? ["", ""];
    for (let second = 0; second < 40; second += 1) {
      await world.message();
      await world.clock.advance(SECOND);
    }
    expect(vault.values.get(entry[0])).toBe(entry[1]);
    expect(vault.operations.filter((operation) => operation === `set ${entry[0]}`).length).toBe(1);
    expect(vault.values.get("stats")).not.toContain("sk-ant");
  });

  test("counts from before a locked vault opened are added to what it holds, not written over it", async () => {
    const vault = createScriptedVault();
    const me = identity("user1@example.com");
    await using world = await createWorld({ vault });
    await world.signIn(me);
    for (let request = 0; request < 5; request += 1) await world.message();
    await world.app.stop();
    const kept = createScriptedVault(Object.fromEntries(vault.values));
    kept.mode("locked");
    await using again = await createWorld({ after: world, vault: kept });
    await again.signIn(me);
    for (let request = 0; request < 3; request += 1) await again.message();
    await again.clock.advance(15 * SECOND);
    expect(kept.values.get("stats")).toBe(vault.values.get("stats") ?? "");
    kept.mode("open");
    await again.clock.advance(60 * SECOND);
    const { account_id: id, usage_count } = (await again.json("/oauth/status")).body.tokens[0];
    expect(usage_count).toBe(8);
    expect(kept.json("stats")).toMatchObject({ accounts: { [id]: { usage_count: 8 } } });
  });

  for (const [what, text, replaced] of [
    ["corrupt", "{ half", true],
    ["a newer version's", JSON.stringify({ version: 2 }), false],
  ] as const) {
    test(`an entry that is ${what}: said, and ${replaced ? "set aside" : "left alone"}; the accounts load`, async () => {
      const vault = createScriptedVault();
      await using world = await createWorld({ vault });
      await world.signIn();
      await world.app.stop();
      const kept = createScriptedVault({ ...Object.fromEntries(vault.values), stats: text });
      await using again = await createWorld({ after: world, vault: kept });
      expect((await again.json("/oauth/status")).body.total_tokens).toBe(1);
      await again.message();
      await again.clock.advance(15 * SECOND);
      await settle();
      expect(kept.values.get("stats") === text).toBe(!replaced);
      expect(kept.values.get("stats.damaged")).toBe(replaced ? text : undefined);
      expect((await again.json("/health")).body.persistence.detail).toContain(
        replaced ? "stats.damaged is damaged" : "stats was written by a newer ccb",
      );
    });
  }
});

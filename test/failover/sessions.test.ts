// A conversation stays where its prompt cache is; what a server holds stays with whom it is.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { error, json } from "../support/replies.ts";
import type { UpstreamRequest } from "../support/upstream.ts";
import { forAccount, startRig } from "./_rig.ts";
import type { Rig } from "./_rig.ts";

const EQUAL = { providers: { A: { priority: 1 }, B: { priority: 1 }, C: { priority: 1 } } };
const LIMIT = error(429, "rate_limit_error", "limit", { "retry-after": "1000" });
const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const HEX = "a".repeat(64);

/** Ways to say which conversation it is. */
const FORMS: Readonly<Record<string, (session: string) => Parameters<Rig["ask"]>[0]>> = {
  "the header": (session) => ({ headers: { "X-Claude-Code-Session-Id": session } }),
  "metadata.user_id, a JSON text": (session) => ({
    body: { metadata: { user_id: JSON.stringify({ device_id: HEX, account_uuid: "", session_id: session }) } },
  }),
  "metadata.user_id, the old form": (session) => ({
    body: { metadata: { user_id: `user_${HEX}_account_${uuid(0)}_session_${session}` } },
  }),
};

for (const [what, form] of Object.entries(FORMS)) {
  test(`${what}: every turn goes to one target, sessions spread`, async () => {
    await using rig = await startRig(EQUAL);
    const homes = new Map<string, Set<string | null>>();
    for (let turn = 0; turn < 5; turn += 1) {
      for (let number = 0; number < 6; number += 1) {
        const { provider } = await rig.ask(form(uuid(number)));
        homes.set(uuid(number), (homes.get(uuid(number)) ?? new Set()).add(provider));
      }
    }
    expect([...homes.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(rig.asked()).toBe("A10 B10 C10");
  });
}

test("the forms name one conversation: the header counts first", async () => {
  await using rig = await startRig(EQUAL);
  const homes = [];
  for (const form of [...Object.values(FORMS), ...Object.values(FORMS)])
    homes.push((await rig.ask(form(uuid(7)))).provider);
  expect(new Set(homes).size).toBe(1);
});

test("without a session requests take turns", async () => {
  await using rig = await startRig(EQUAL);
  for (let turn = 0; turn < 9; turn += 1) await rig.ask();
  expect(rig.asked()).toBe("A3 B3 C3");
});

describe("after an outage of its target a session moves and stays moved", () => {
  for (const [what, reply] of [
    ["a limit", LIMIT],
    ["an overload", error(529, "overloaded_error", "Overloaded")],
    ["two failures", error(500, "api_error", "no")],
  ] as const) {
    test(what, async () => {
      await using rig = await startRig({ providers: { A: { priority: 1 }, B: { priority: 1 } } });
      const ask = () => rig.ask({ headers: { "x-claude-code-session-id": "moving" } });
      const home = (await ask()).provider ?? "";
      rig.on(home).script(reply, ...(what === "two failures" ? [reply] : []));
      const moved = (await ask()).provider;
      expect(moved).not.toBe(home);
      await rig.world.clock.advance(1_010_000);
      for (let turn = 0; turn < 5; turn += 1) expect((await ask()).provider).toBe(moved);
      expect((await rig.last()).candidates[0]).toMatchObject({ provider: moved, reason: "session" });
    });
  }

  test("availability comes first: it does not wait for its own target", async () => {
    await using rig = await startRig({ ...EQUAL, settings: { balancing: { when_exhausted: "hold" } } });
    const ask = () => rig.ask({ headers: { "x-claude-code-session-id": "s" } });
    const home = (await ask()).provider ?? "";
    rig.on(home).script(error(429, "rate_limit_error", "limit", { "retry-after": "5" }));
    expect((await ask()).status).toBe(200);
  });
});

test("a conversation is forgotten after session_ttl_seconds without a request, sliding", async () => {
  await using rig = await startRig({ ...EQUAL, settings: { balancing: { session_ttl_seconds: 60 } } });
  const ask = () => rig.ask({ headers: { "x-claude-code-session-id": "s" } });
  await ask();
  const sessions = async (): Promise<number> => {
    let count = 0;
    for (const name of ["A", "B", "C"]) count += (await rig.target(name)).sessions;
    return count;
  };
  for (let turn = 0; turn < 4; turn += 1) {
    await rig.world.clock.advance(59_000);
    await ask();
    expect(await sessions()).toBe(1);
  }
  await rig.world.clock.advance(61_000);
  expect(await sessions()).toBe(0);
});

test("count_tokens goes where its conversation is, and does not begin one", async () => {
  await using rig = await startRig(EQUAL);
  const headers = { "x-claude-code-session-id": "s" };
  await rig.ask({ path: "/v1/messages/count_tokens", headers });
  expect((await rig.target("A")).sessions + (await rig.target("B")).sessions + (await rig.target("C")).sessions).toBe(
    0,
  );
  const home = (await rig.ask({ headers })).provider;
  for (let turn = 0; turn < 4; turn += 1)
    expect((await rig.ask({ path: "/v1/messages/count_tokens", headers })).provider).toBe(home);
});

describe("what the server holds", () => {
  const accounts = ["one@x.io", "two@x.io", "three@x.io"];
  const rules = Object.fromEntries(accounts.map((email) => [email, { priority: 1 }]));
  const options = { providers: { A: {} }, accounts, rules };

  for (const stream of [false, true]) {
    test(`a thread stays on the account that made it (${stream ? "streamed" : "whole"})`, async () => {
      await using rig = await startRig(options);
      const ids = new Map<string, string | null>();
      const idOf = (text: string): string => /"id":"(msg_[^"]+)"/.exec(text)?.[1] ?? "";
      for (let turn = 0; turn < 3; turn += 1) {
        const reply = await rig.ask({ body: { stream, thread: { type: "create" } } });
        ids.set(idOf(reply.text), reply.account);
      }
      expect(new Set(ids.values()).size).toBe(3);
      for (let round = 0; round < 3; round += 1) {
        const before = [...ids];
        ids.clear();
        for (const [id, account] of before) {
          const reply = await rig.ask({ body: { stream, thread: { type: "continue", previous_message_id: id } } });
          expect([reply.status, reply.account]).toEqual([200, account]);
          ids.set(idOf(reply.text), account);
        }
      }
    });
  }

  test("404 thread_not_found is relayed as it is, from whoever answers", async () => {
    await using rig = await startRig(options);
    const reply = await rig.ask({ body: { thread: { type: "continue", previous_message_id: "msg_gone" } } });
    expect([reply.status, reply.attempts]).toEqual([404, 1]);
    expect(JSON.parse(reply.text).error.details).toEqual({ error_code: "thread_not_found" });
    expect(await rig.benches(reply)).toEqual([]);
  });

  test("a thread whose account is at its limit is not taken elsewhere: that account holds it", async () => {
    await using rig = await startRig(options);
    const made = await rig.ask({ body: { thread: { type: "create" } } });
    const id = JSON.parse(made.text).id;
    rig.on("A").handle(forAccount(made.account ?? "", LIMIT));
    rig.asked();
    const reply = await rig.ask({ body: { thread: { type: "continue", previous_message_id: id } } });
    expect([reply.status, rig.asked()]).toEqual([429, "A1"]);
    expect((await rig.trace(reply)).attempts[0].account).toBe(rig.idOf(made.account ?? ""));
  });

  for (const path of ["/v1/files", "/v1/messages/batches"]) {
    test(`${path}: things stay with the account that made them`, async () => {
      await using rig = await startRig(options);
      let made = 0;
      const usual = messagesHandler();
      rig.on("A").handle((request: UpstreamRequest) => {
        if (!request.path.startsWith(path)) return usual(request);
        if (request.method === "POST") return json(200, { id: `thing_${++made}`, type: "thing" });
        return json(200, { of: request.identity?.email });
      });
      const things: [string, string | null][] = [];
      for (let turn = 0; turn < 6; turn += 1) {
        const reply = await rig.ask({ path, raw: "{}", headers: { "content-length": "2" } });
        things.push([JSON.parse(reply.text).id, reply.account]);
      }
      expect(new Set(things.map(([, account]) => account)).size).toBe(3);
      for (const [id, account] of things.toReversed()) {
        for (const tail of ["", "/content", "/results"]) {
          const reply = await rig.ask({ method: "GET", path: `${path}/${id}${tail}` });
          expect(JSON.parse(reply.text).of).toBe(account);
        }
      }
    });
  }

  test("a message that names a file goes to whoever has it", async () => {
    await using rig = await startRig(options);
    const usual = messagesHandler();
    rig.on("A").handle((request) => (request.path === "/v1/files" ? json(200, { id: "file_7" }) : usual(request)));
    const { account } = await rig.ask({ path: "/v1/files", raw: "x", headers: { "content-length": "1" } });
    const content = [{ type: "document", source: { type: "file", file_id: "file_7" } }];
    for (let turn = 0; turn < 5; turn += 1)
      expect((await rig.ask({ body: { messages: [{ role: "user", content }] } })).account).toBe(account);
  });
});

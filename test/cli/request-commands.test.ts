// ccb requests, trace and usage against a real server: table, JSON, exit code; --follow over a restart.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RequestsSchema } from "../../src/http/requests.ts";
import { UsageSchema } from "../../src/http/usage-schema.ts";
import { TraceSchema } from "../../src/relay/trace-schema.ts";
import type { Trace } from "../../src/relay/trace-schema.ts";
import { messagesRequest, signIn } from "../binary/_ccb.ts";
import { cleanEnvironment, requireBinary, startCcb } from "../support/binary.ts";
import { readFileSync } from "node:fs";
import { identity } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { eventually } from "../support/world.ts";
import { CHINESE, documentOf, serve } from "./_served.ts";
import type { Served } from "./_served.ts";

/** One request of a conversation; its id. */
async function send(served: Pick<Served, "ccb">, session: string, model = "claude-opus-5"): Promise<string> {
  const reply = await served.ccb.request(
    "/v1/messages",
    messagesRequest({ model }, { "x-claude-code-session-id": session }),
  );
  await reply.text();
  return reply.headers.get("x-ccb-request-id") ?? "";
}

/** Where it is noon now: what is two hours away is still today, and is said without its date. */
function atNoon(): { readonly TZ: string } {
  const ahead = 12 - new Date().getUTCHours();
  // POSIX counts to the west.
  return { TZ: `Etc/GMT${ahead < 0 ? "+" : "-"}${Math.abs(ahead)}` };
}

/** A name that a terminal would obey. */
const STRANGE = "claude-\u001b[31msonnet\u009b2J\u202e";

describe("after some requests", () => {
  let served: Served;
  let failedOver = "";
  let strange = "";
  beforeAll(async () => {
    served = await serve();
    await signIn(served.ccb, served.oauth, identity("one@example.com"));
    await signIn(served.ccb, served.oauth, identity("two@example.com"));
    await send(served, "first");
    served.upstream.script(error(429, "rate_limit_error", "Limit", { "retry-after": "7200" }));
    failedOver = await send(served, "first");
    strange = await send(served, "first", STRANGE);
  });
  afterAll(() => served[Symbol.asyncDispose]());

  test("requests: the newest last", async () => {
    const { code, stdout, stderr } = await served.run(["requests"]);
    expect([code, stderr]).toEqual([0, ""]);
    const [head, ...rows] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^TIME +REQUEST +MODEL +STATUS +TOOK +TRIES +INPUT +OUTPUT +TARGET$/);
    expect(rows.findIndex((row) => row.includes(strange))).toBeGreaterThan(
      rows.findIndex((row) => row.includes(failedOver)),
    );
    expect(rows.find((row) => row.includes(failedOver))).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d +${failedOver} +claude-opus-5 +200 +\\d.* +2 +\\d+ +\\d+ +Claude Code Official / \\w+@example\\.com$`)); // prettier-ignore
    const limited = await served.run(["requests", "--limit", "1", "--json"]);
    expect(documentOf(limited, RequestsSchema).requests.length).toBe(1);
  });

  test("what a client made up never reaches the terminal as it is", async () => {
    for (const args of [
      ["requests"],
      ["requests", "--json"],
      ["usage", "--by", "model"],
      ["usage", "--by", "model", "--csv"],
      ["usage", "--by", "model", "--json"],
    ]) {
      const { code, stdout } = await served.run(args);
      expect([args, code]).toEqual([args, 0]);
      expect(stdout).toContain("sonnet");
      // oxlint-disable-next-line no-control-regex
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
    const { requests } = documentOf(await served.run(["requests", "--json"]), RequestsSchema);
    expect(requests.find(({ id }) => id === strange)?.model).toBe(STRANGE);
  });

  test("trace tells why, in both languages", async () => {
    const { code, stdout } = await served.run(["trace", failedOver], atNoon());
    expect(code).toBe(0);
    for (const pattern of [
      new RegExp(`^${failedOver}  POST /v1/messages  .*ago|now\\)$`, "m"),
      /^Model +claude-opus-5, conversation [0-9a-f]{12}$/m,
      /^Outcome +200, complete, /m,
      /^Served by +Claude Code Official \/ \w+@example\.com$/m,
      /^Tokens +25 input, 15 output, 7 written to the cache, 11 read from it$/m,
      /^Why this one \(strategy: session\)\n {2}1 {2}Claude Code Official \/ \w+@example\.com +the conversation is on it$/m,
      /^ {2}1 {2}.* 429 {2}at its limit, next one, it was put aside until \d\d:\d\d \(in 2 hours\)$/m,
      /^ {2}2 {2}.* 200 {2}served, passed on to the client$/m,
    ])
      expect(stdout).toMatch(pattern);
    const chinese = await served.run(["trace", failedOver], CHINESE);
    for (const words of ["为何选它", "会话已在它那里", "已达限额，换下一个", "小时后"])
      expect(chinese.stdout).toContain(words);
    expect(documentOf(await served.run(["trace", failedOver, "--json"]), TraceSchema).attempt_count).toBe(2);
  });

  test("a trace of a request that left somebody out says until when", async () => {
    const id = await send(served, "another");
    const { stdout } = await served.run(["trace", id], atNoon());
    expect(stdout).toMatch(/^Left out\n {2}Claude Code Official \/ \w+@example\.com +at its limit, .*until \d\d:\d\d \(in 2 hours\)$/m); // prettier-ignore
  });

  test("a trace that is not there, and one that is not named", async () => {
    expect(await served.run(["trace", "ccb_unknown"])).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("No request of this id"),
    });
    expect(await served.run(["trace"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("id is missing") }); // prettier-ignore
  });

  test("usage: table, JSON and CSV", async () => {
    const { code, stdout } = await served.run(["usage", "--by", "model,account"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MODEL +ACCOUNT +REQUESTS +ERRORS +INPUT +OUTPUT +CACHE WRITE +CACHE READ +COST \(USD\)$/m);
    expect(stdout).toMatch(/^claude-opus-5 +\w+@example\.com +\d/m);
    expect(stdout).toMatch(/^total +\d/m);
    const usage = documentOf(await served.run(["usage", "--by", "model", "--since", "1d", "--json"]), UsageSchema);
    expect(usage.totals.requests).toBeGreaterThanOrEqual(3);
    expect(usage.totals.unpriced_requests).toBeGreaterThanOrEqual(1);
    const csv = await served.run(["usage", "--csv"]);
    expect([csv.code, csv.stdout.split("\n")[0]]).toEqual([0, expect.stringMatching(/^day,requests,errors,/)]);
  });

  test("wrong words: 2, nothing on stdout", async () => {
    for (const args of [
      ["usage", "--by", "shoe"],
      ["usage", "--since", "yesterday"],
      ["usage", "--csv", "--json"],
      ["requests", "--limit", "0"],
      ["requests", "--limit", "1001"],
      ["requests", "--limit", "x"],
    ]) {
      const { code, stdout, stderr } = await served.run(args);
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      expect(stderr).not.toBe("");
    }
  });
});

/** `requests --follow` as a process that goes on. */
function following(served: Served, ...more: readonly string[]) {
  const child = Bun.spawn([requireBinary(), "requests", "--follow", ...more, ...served.at], {
    env: cleanEnvironment(served.ccb.home),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 40_000,
  });
  const seen = { out: "", err: "" };
  const collect = async (stream: ReadableStream<Uint8Array>, name: "out" | "err"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) seen[name] += decoder.decode(bytes, { stream: true });
  };
  const collected = Promise.all([collect(child.stdout, "out"), collect(child.stderr, "err")]);
  return {
    seen,
    async end(): Promise<number> {
      child.kill("SIGINT");
      const code = await child.exited;
      await collected;
      return code;
    },
  };
}

describe("requests --follow", () => {
  test("a line for each request that has ended; Ctrl-C ends it with 0", async () => {
    await using served = await serve();
    await signIn(served.ccb, served.oauth, identity("me@example.com"));
    const before = await send(served, "s");
    const follower = following(served);
    await eventually("what was before", () => follower.seen.out.includes(before));
    const after = await send(served, "s");
    await eventually("what came after", () => follower.seen.out.includes(after));
    expect(await follower.end()).toBe(0);
    const [head, ...rows] = follower.seen.out.trimEnd().split("\n");
    expect(head).toMatch(/^TIME +REQUEST +MODEL/);
    expect(rows.length).toBe(2);
    expect(rows[1]).toMatch(/ claude-opus-5 +200 .* me@example\.com$/);
    expect(follower.seen.err).toBe("");
  });

  test("--json: one line for each event", async () => {
    await using served = await serve();
    await signIn(served.ccb, served.oauth, identity("me@example.com"));
    const before = await send(served, "s");
    const follower = following(served, "--json");
    await eventually("what was before", () => follower.seen.out.includes(before));
    const after = await send(served, "s");
    const lines = (): Trace[] =>
      follower.seen.out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    await eventually("both events", () => lines().length === 3);
    expect(await follower.end()).toBe(0);
    expect(lines().map(({ id, state }) => [id, state])).toEqual([
      [before, "complete"],
      [after, "in_progress"],
      [after, "complete"],
    ]);
  });

  test("the server restarts: it comes back by itself, and nothing is shown twice", async () => {
    await using served = await serve();
    await signIn(served.ccb, served.oauth, identity("me@example.com"));
    const before = await send(served, "s");
    const follower = following(served);
    await eventually("what was before", () => follower.seen.out.includes(before));
    await served.run(["reload"]);
    const reloaded = await send(served, "s");
    await eventually("after a reload", () => follower.seen.out.includes(reloaded));
    const { ccb } = served;
    expect(await ccb.stop()).toBe(0);
    await eventually("it says so", () => follower.seen.err.includes("was lost"));
    const config = readFileSync(ccb.configFile, "utf8");
    await using again = await startCcb({ config, home: ccb.home, port: ccb.port });
    await eventually("it is back", () => follower.seen.err.includes("ccb is back."));
    const after = await send({ ccb: again }, "s");
    await eventually("a request of the new server", () => follower.seen.out.includes(after));
    expect(await follower.end()).toBe(0);
    const ids = [...follower.seen.out.matchAll(/ccb_[0-9a-f]{24}/g)].map(([id]) => id);
    expect(ids).toEqual([before, reloaded, after]);
    expect(follower.seen.err.match(/was lost/g)?.length).toBe(1);
  });

  test("a reader that goes away ends it", async () => {
    await using served = await serve();
    await signIn(served.ccb, served.oauth, identity("me@example.com"));
    const shell = Bun.spawn(
      ["sh", "-c", `"$0" requests --follow "$@" | head -n 1; echo over`, requireBinary(), ...served.at],
      { env: cleanEnvironment(served.ccb.home), stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 20_000 },
    );
    let ended = false;
    const exited = shell.exited.then((code) => {
      ended = true;
      return code;
    });
    await eventually("it ends", async () => {
      await send(served, "s");
      return ended;
    });
    expect([await exited, await shell.stdout.text()]).toEqual([0, expect.stringMatching(/^TIME .*\nover\n$/)]);
  });
});

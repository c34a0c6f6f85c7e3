// What the binary writes: JSON lines when piped, one line per request, a banner for the person, in both languages.
import { describe, expect, test } from "bun:test";
import { messagesHandler } from "../support/anthropic.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import { bytes } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { envelopeOf, keyed, logLines, messagesRequest, requestLines, signIn, startKeyed, startOAuth } from "./_ccb.ts";

describe("request lines", () => {
  test("method, path, model, provider, account, status, attempts, times, bytes; the account as its id", async () => {
    await using oauth = await startOAuthServer();
    await using upstream = await startUpstream({ authorize: oauth.identify });
    upstream.handle(messagesHandler());
    await using ccb = await startOAuth(upstream.url, oauth);
    await signIn(ccb, oauth, identity("anna@example.com"));
    const reply = await ccb.request("/v1/messages?beta=true", messagesRequest({ model: "claude-opus-5" }));
    const length = (await reply.arrayBuffer()).byteLength;
    const [line] = await requestLines(ccb, 1);
    expect(line).toEqual({
      "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: "INFO",
      message: "request",
      logger: "ccb",
      id: reply.headers.get("x-ccb-request-id"),
      method: "POST",
      path: "/v1/messages",
      model: "claude-opus-5",
      provider: "Claude Code Official",
      account: reply.headers.get("x-ccb-account"),
      status: 200,
      attempts: 1,
      first_byte_ms: expect.any(Number),
      total_ms: expect.any(Number),
      bytes: length,
      end: "complete",
    });
    expect(ccb.stdout).not.toContain("anna@example.com");
  });

  test("a model that no model is called stays one short line", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => bytes(200, "x"));
    await using ccb = await startKeyed(upstream.url);
    await (await ccb.request("/v1/messages", messagesRequest({ model: `\u001b[2J\n"${"m".repeat(100_000)}` }))).text();
    const [line] = await requestLines(ccb, 1);
    expect(String(line?.["model"]).length).toBeLessThan(300);
    expect(ccb.stdout).not.toContain("\u001b");
  });

  test("one for each request, at INFO; none above it", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => bytes(200, "x"));
    for (const [log_level, count] of [
      ["DEBUG", 5],
      ["INFO", 5],
      ["WARNING", 0],
      ["ERROR", 0],
    ] as const) {
      await using ccb = await startKeyed(upstream.url, { settings: { log_level } });
      for (let index = 0; index < 5; index += 1) await (await ccb.request("/v1/models")).text();
      await ccb.request("/health");
      await ccb.stop();
      expect(logLines(ccb).filter(({ message }) => message === "request").length).toBe(count);
    }
  });
});

describe("the banner", () => {
  for (const [LANG, words] of [
    [
      "en_US.UTF-8",
      [
        "Providers",
        "API key",
        "disabled",
        "passes the client's own credential through",
        "nobody signed in",
        "Tokens are kept in memory only",
      ],
    ],
    ["zh_CN.UTF-8", ["提供方", "API 密钥", "已停用", "原样转发", "尚未登录"]],
    // Where the locale is not English, people read Chinese (settings.language).
    ["C", ["提供方"]],
  ] as const) {
    test(`${LANG}: version, address, providers with their state, the two lines for Claude Code; on stderr, without colours`, async () => {
      await using ccb = await startKeyed("", {
        env: { LANG },
        providers: [
          { ...keyed("https://api.anthropic.com"), name: "Accounts", auth_type: "auth_token", auth_value: "oauth" },
          keyed("https://api.anthropic.com"),
          keyed("https://api.anthropic.com", { name: "Off", enabled: false }),
          keyed("https://gateway.invalid", { name: "Through", auth_value: "passthrough" }),
        ],
      });
      await ccb.output("ANTHROPIC_AUTH_TOKEN");
      for (const word of [...words, "Accounts", "Off", "Through", "gateway.invalid"])
        expect(ccb.stderr).toContain(word);
      expect(ccb.stderr).toContain(`export ANTHROPIC_BASE_URL=http://localhost:${ccb.port}\n`);
      expect(ccb.stderr).toMatch(/ccb \d+\.\d+\.\d+/);
      expect(ccb.stderr).not.toContain("\u001b");
      await ccb.output('"message":"listening"');
      expect(logLines(ccb).map(({ message }) => message)).toEqual(["listening"]);
    });
  }
});

test("a request's language wins over the console's", async () => {
  await using upstream = await startUpstream();
  await using ccb = await startKeyed(upstream.url, { env: { LANG: "zh_CN.UTF-8" } });
  const messageIn = async (language: string): Promise<string> =>
    (await envelopeOf(await ccb.request("/nothing", { headers: { "accept-language": language } }))).message;
  expect(await messageIn("en")).toMatch(/^[\x20-\x7e]+$/);
  expect(await messageIn("zh")).toMatch(/[\u4e00-\u9fff]/);
  expect(await messageIn("fr")).toMatch(/[\u4e00-\u9fff]/);
});

// Which credential signs, and where a Claude token may go: keys, passthrough, priorities. Through the binary.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { envelopeOf, KEY, keyed, messagesRequest, requestLines, startKeyed } from "./_ccb.ts";
import { startProxy } from "./_proxy.ts";

let upstream: Upstream;
beforeEach(async () => {
  upstream = await startUpstream();
  upstream.handle(() => json(200, { served: true }));
});
afterEach(async () => {
  await upstream.stop();
});

const OAT = "sk-ant-oat01-a-claude-access-token";
const passthrough = (baseUrl: string, more: Readonly<Record<string, unknown>> = {}) =>
  keyed(baseUrl, { name: "Passthrough", auth_type: "auth_token", auth_value: "passthrough", ...more });
const sending = (headers: Record<string, string>): BunFetchRequestInit => messagesRequest({}, headers);
/** What the upstream got: authorization, x-api-key, anthropic-beta. */
const signatures = () =>
  upstream.requests.map((got) => [got.authorization, got.header("x-api-key"), got.header("anthropic-beta")]);

describe("a key", () => {
  for (const [auth_type, expected] of [
    ["api_key", [undefined, KEY, "a-1"]],
    ["auth_token", [`Bearer ${KEY}`, undefined, "a-1"]],
  ] as const) {
    for (const [from, value, env] of [
      ["the file", KEY, {}],
      ["the environment", "${MY_KEY}", { MY_KEY: KEY }],
    ] as const) {
      test(`${auth_type} from ${from} takes the place of the client's, and no beta is added`, async () => {
        await using ccb = await startKeyed("", {
          providers: [keyed(upstream.url, { auth_type, auth_value: value })],
          env,
        });
        const reply = await ccb.request(
          "/v1/messages",
          sending({ authorization: "Bearer client", "x-api-key": "client", "anthropic-beta": "a-1" }),
        );
        expect([reply.headers.get("x-ccb-provider"), reply.headers.get("x-ccb-account")]).toEqual(["Keyed", null]);
        expect(signatures()).toEqual([[...expected]]);
      });
    }
  }

  test("that the upstream refuses is the upstream's 401, not a sign-in", async () => {
    await using ccb = await startKeyed(upstream.url);
    upstream.handle(() =>
      json(401, { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } }),
    );
    const reply = await ccb.request("/v1/messages", messagesRequest());
    expect([reply.status, reply.headers.get("x-ccb-attempts"), await reply.text()]).toEqual([
      401,
      "1",
      '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}',
    ]);
    expect(ccb.stderr).not.toContain("AUTHORIZATION REQUIRED");
  });
});

describe("passthrough", () => {
  for (const [what, headers, expected] of [
    ["a bearer", { authorization: "Bearer sk-ant-api03-mine" }, ["Bearer sk-ant-api03-mine", undefined, undefined]],
    ["a key", { "x-api-key": "sk-ant-api03-mine" }, [undefined, "sk-ant-api03-mine", undefined]],
    [
      "both",
      { authorization: "Basic x", "x-api-key": "y", "anthropic-beta": "a-1, b-2" },
      ["Basic x", "y", "a-1, b-2"],
    ],
    ["none", {}, [undefined, undefined, undefined]],
    [
      "a Claude token, to an origin that may have it",
      { authorization: `Bearer ${OAT}` },
      [`Bearer ${OAT}`, undefined, undefined],
    ],
  ] as const) {
    test(`${what}: forwarded untouched`, async () => {
      await using ccb = await startKeyed("", { providers: [passthrough(upstream.url)] });
      expect((await ccb.request("/v1/messages", sending(headers))).status).toBe(200);
      expect(signatures()).toEqual([[...expected]]);
    });
  }

  for (const [what, headers] of [
    ["as a bearer", { authorization: `Bearer ${OAT}` }],
    ["as a key", { "x-api-key": OAT }],
  ] as const) {
    test(`a Claude token ${what} never goes to a foreign origin: 403`, async () => {
      await using proxy = await startProxy();
      await using ccb = await startKeyed("", {
        providers: [passthrough("https://gateway.invalid", { proxy: proxy.url })],
      });
      const reply = await ccb.request("/v1/messages", sending(headers));
      expect(reply.headers.get("x-should-retry")).toBe("false");
      const error = await envelopeOf(reply);
      expect(error).toMatchObject({ status: 403, type: "permission_error" });
      expect(error.message).toContain("allowed_origins");
      expect(proxy.asked).toEqual([]);
      expect((await requestLines(ccb, 1))[0]).toMatchObject({
        status: 403,
        error: "credential_not_allowed_there",
        attempts: 0,
      });
      // Another credential may go there.
      await ccb.request("/v1/messages", sending({ "x-api-key": "sk-ant-api03-mine" }));
      expect(proxy.asked).toEqual(["CONNECT gateway.invalid:443 HTTP/1.1"]);
    });
  }

  test("it leaves that provider out of the choice and takes the next", async () => {
    await using proxy = await startProxy();
    await using ccb = await startKeyed("", {
      providers: [
        passthrough("https://gateway.invalid", { proxy: proxy.url }),
        passthrough(upstream.url, { name: "Own", priority: 2 }),
      ],
    });
    const reply = await ccb.request("/v1/messages", sending({ authorization: `Bearer ${OAT}` }));
    expect([reply.status, reply.headers.get("x-ccb-provider"), proxy.asked.length]).toEqual([200, "Own", 0]);
  });

  test("an origin of the person's own may have it", async () => {
    await using proxy = await startProxy();
    await using ccb = await startKeyed("", {
      providers: [passthrough("https://gateway.invalid", { proxy: proxy.url })],
      settings: { oauth: { allowed_origins: ["https://gateway.invalid"] } },
    });
    await ccb.request("/v1/messages", sending({ authorization: `Bearer ${OAT}` }));
    expect(proxy.asked).toEqual(["CONNECT gateway.invalid:443 HTTP/1.1"]);
  });

  test("a redirect is not followed with the credential", async () => {
    await using elsewhere = await startUpstream();
    upstream.handle(() => json(307, {}, { Location: `${elsewhere.url}/v1/messages` }));
    await using ccb = await startKeyed("", { providers: [passthrough(upstream.url)] });
    const reply = await ccb.request("/v1/messages", {
      ...sending({ authorization: `Bearer ${OAT}` }),
      redirect: "manual",
    });
    expect([reply.status, elsewhere.connections]).toEqual([307, 0]);
  });
});

describe("which provider", () => {
  test("the lower priority; equals in turn; disabled ones never", async () => {
    await using ccb = await startKeyed("", {
      providers: [
        keyed(upstream.url, { name: "Later", priority: 5 }),
        keyed(upstream.url, { name: "Off", enabled: false }),
        keyed(upstream.url, { name: "One" }),
        keyed(upstream.url, { name: "Two" }),
      ],
    });
    const names: (string | null)[] = [];
    for (let index = 0; index < 4; index += 1) {
      names.push((await ccb.request("/v1/messages", messagesRequest())).headers.get("x-ccb-provider"));
    }
    expect(names).toEqual(["One", "Two", "One", "Two"]);
  });

  test("a name that is no header value is encoded", async () => {
    await using ccb = await startKeyed("", { providers: [keyed(upstream.url, { name: "官方 Ünï%" })] });
    const name = (await ccb.request("/v1/messages", messagesRequest())).headers.get("x-ccb-provider") ?? "";
    expect([/^[\x20-\x7e]+$/.test(name), decodeURI(name)]).toEqual([true, "官方 Ünï%"]);
  });

  test("none enabled: 503, with what to do", async () => {
    await using ccb = await startKeyed("", { providers: [keyed(upstream.url, { enabled: false })] });
    const error = await envelopeOf(await ccb.request("/v1/messages", messagesRequest()));
    expect(error).toMatchObject({ status: 503, type: "api_error" });
    expect(error.message).toContain("providers.yaml");
  });
});

// What the doctor says of upstreams, clocks and proxies, by what fetch and the environment tell it.
import { describe, expect, test } from "bun:test";
import type { RouteOf } from "../../src/app.ts";
import { judgeClock } from "../../src/cli/doctor/clock.ts";
import { destinationsOf, shownProxy } from "../../src/cli/doctor/destinations.ts";
import { judgeProxies } from "../../src/cli/doctor/proxies.ts";
import { checkReach } from "../../src/cli/doctor/reach.ts";
import type { Config } from "../../src/config/config.ts";
import { outboundProxy } from "../../src/config/outbound.ts";
import type { ProxyEnvironment } from "../../src/config/outbound.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { wordsOf } from "../../src/core/language.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { createTestClock, settle } from "../support/clock.ts";

const words = wordsOf("en");

function configOf(yaml: string): Config {
  const parsed = parseConfig(yaml, { file: null, env: {} });
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.say(words)).join("\n"));
  return parsed.config;
}

const PLAIN = configOf("providers: [{name: Official, base_url: https://api.anthropic.com, auth_value: oauth}]");
const PROXIED = configOf(
  "providers: [{name: Official, base_url: https://api.anthropic.com, auth_value: oauth, proxy: 'http://me:hunter2@proxy.example:3128'}]",
);
const routing =
  (environment: ProxyEnvironment = {}): RouteOf =>
  (url, own) => ({ proxy: outboundProxy(url, own, environment)?.reveal() ?? false });

async function reach(fetch: Fetch, config = PLAIN, environment: ProxyEnvironment = {}) {
  const clock = createTestClock();
  const context = { config, words, fetch, clock };
  const reached = await checkReach(destinationsOf(config, words), context, routing(environment));
  return { reached, texts: reached.map(({ finding }) => `${finding.level}: ${finding.text}`), clock };
}

const failing =
  (code: string): Fetch =>
  () =>
    Promise.reject(Object.assign(new Error("of the system, with a https://secret"), { code }));

describe("reach", () => {
  test("any HTTP answer is reach, and no credential goes out", async () => {
    const sent: { url: string; method: string | undefined; names: readonly string[] }[] = [];
    const { texts } = await reach((url, init) => {
      sent.push({ url, method: init.method, names: [...(init.headers?.keys() ?? [])] });
      return Promise.resolve(new Response(null, { status: 404 }));
    });
    expect(texts).toEqual([
      "ok: Official: https://api.anthropic.com answers (HTTP 404)",
      "ok: sign-in and refresh: https://platform.claude.com answers (HTTP 404)",
    ]);
    expect(sent.map(({ url }) => url)).toEqual([
      "https://api.anthropic.com",
      "https://platform.claude.com/v1/oauth/token",
    ]);
    for (const { method, names } of sent) {
      expect(method).toBe("HEAD");
      expect(names).not.toContain("authorization");
      expect(names).not.toContain("x-api-key");
    }
  });

  test("without accounts the token endpoint is nobody's concern", async () => {
    const config = configOf("providers: [{name: K, base_url: https://api.anthropic.com, auth_value: k-1}]");
    const { texts } = await reach(() => Promise.resolve(new Response()), config);
    expect(texts.length).toBe(1);
  });

  for (const [code, direct, proxied] of [
    ["ECONNREFUSED", "nobody listens there", "the proxy does not answer"],
    ["ENOTFOUND", "its name is not known (DNS)", "a name is not known (DNS): the proxy's"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "TLS failed", "TLS failed"],
    ["EPROTO", "TLS failed", "TLS failed"],
    ["ERR_PROXY_TUNNEL", "opens no tunnel", "opens no tunnel"],
    ["ECONNRESET", "the connection was lost", "the connection was lost"],
  ] as const) {
    test(`${code} is named, directly and through a proxy`, async () => {
      const first = await reach(failing(code));
      expect(first.texts[0]).toStartWith("problem: Official: https://api.anthropic.com is not reached: ");
      expect(first.texts[0]).toContain(direct);
      expect(first.texts[0]).toContain(`(${code})`);
      expect(first.reached[0]?.finding.advice).toBeString();
      const second = await reach(failing(code), PROXIED);
      expect(second.texts[0]).toContain("https://api.anthropic.com through the proxy http://proxy.example:3128 is not reached"); // prettier-ignore
      expect(second.texts[0]).toContain(proxied);
      expect(JSON.stringify(second.reached)).not.toMatch(/hunter2|secret/);
    });
  }

  test("a proxy that wants a password is not the upstream", async () => {
    const answer: Fetch = () => Promise.resolve(new Response(null, { status: 407 }));
    expect((await reach(answer, PROXIED)).texts[0]).toContain("the proxy asks for a user name and password (HTTP 407)");
    expect((await reach(answer)).texts[0]).toStartWith("ok:");
  });

  test("silence ends after five seconds", async () => {
    const clock = createTestClock();
    const hanging: Fetch = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      });
    const context = { config: PLAIN, words, fetch: hanging, clock };
    const reached = checkReach(destinationsOf(PLAIN, words), context, routing());
    await settle();
    await clock.advance(5_000);
    for (const { finding } of await reached) {
      expect(finding.level).toBe("problem");
      expect(finding.text).toContain("no answer within 5 s (silent)");
    }
  });
});

describe("clock", () => {
  async function clockOf(...offsets: readonly (number | null)[]): Promise<string> {
    let next = 0;
    const clock = createTestClock();
    const fetch: Fetch = () => {
      const offset = offsets[next++] ?? null;
      const date = offset === null ? "yesterday, perhaps" : new Date(clock.now() + offset * 1000).toUTCString();
      return Promise.resolve(new Response(null, { headers: { date } }));
    };
    const reached = await checkReach(destinationsOf(PLAIN, words), { config: PLAIN, words, fetch, clock }, routing());
    const { level, text } = judgeClock(
      reached.flatMap(({ time }) => (time === null ? [] : [time])),
      reached.some(({ finding }) => finding.level === "ok"),
      words,
    );
    return `${level}: ${text}`;
  }

  test("right, a little wrong, wrong, unknown", async () => {
    expect(await clockOf(0, 20)).toStartWith("ok: right to within a minute, by the Date of https://api.anthropic.com");
    expect(await clockOf(120, 130)).toBe("warning: This machine's clock is 2 min behind https://api.anthropic.com.");
    expect(await clockOf(-7200, -7260)).toBe("problem: This machine's clock is 2 hours ahead of https://api.anthropic.com."); // prettier-ignore
    expect(await clockOf(null, null)).toStartWith("warning: The servers answer and do not say");
  });

  test("one server that is wrong does not make this machine wrong", async () => {
    expect(await clockOf(-86_400, 1)).toStartWith("ok: right to within a minute, by the Date of https://platform");
  });
});

describe("proxies in force", () => {
  const say = (config: Config, environment: ProxyEnvironment): readonly string[] =>
    judgeProxies(destinationsOf(config, words), environment, words).map(({ level, text }) => `${level}: ${text}`);

  test("none, of the environment, exempt, of the configuration", () => {
    expect(say(PLAIN, {})).toEqual(["ok: none is set: ccb goes out directly"]);
    expect(say(PLAIN, { https_proxy: "http://me:hunter2@p:1", no_proxy: "claude.com" })).toEqual([
      "ok: api.anthropic.com: through http://p:1, from HTTPS_PROXY of this shell's environment",
      "ok: platform.claude.com: directly, as NO_PROXY says",
    ]);
    expect(say(PLAIN, { all_proxy: "p:1", http_proxy: "q:1" })[0]).toContain("through http://p:1, from ALL_PROXY");
    expect(say(PLAIN, { http_proxy: "q:1" })[0]).toBe("ok: api.anthropic.com: directly");
    expect(say(PROXIED, { https_proxy: "http://p:1", no_proxy: "*" })[0]).toBe(
      "ok: api.anthropic.com: through http://proxy.example:3128, which providers.yaml names (NO_PROXY does not count there)",
    );
  });

  test("loopback is always direct; SOCKS is a problem", () => {
    const local = configOf("providers: [{name: L, base_url: 'http://127.0.0.1:8080', auth_value: k-1}]");
    expect(say(local, { http_proxy: "http://p:1" })).toEqual(["ok: 127.0.0.1:8080: directly, as it is this machine"]);
    expect(say(PLAIN, { https_proxy: "socks5://me:hunter2@p:1" })[0]).toBe(
      "problem: api.anthropic.com: HTTPS_PROXY names a proxy that ccb cannot use.",
    );
  });

  test("a proxy is shown without its password, or not at all", () => {
    expect(shownProxy("http://me:hunter2@p:1/")).toBe("http://p:1");
    expect(shownProxy("hunter2")).toBeNull();
  });
});

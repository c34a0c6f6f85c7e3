// Who may call, tried from outside against the compiled program: every line of it, as an attacker would.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startKeyed } from "../binary/_ccb.ts";
import type { Ccb } from "../support/binary.ts";
import { json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { probe, typeOf } from "./_probe.ts";

const CLIENT = "ccb_client_0123456789abcdefghijklmn";
const ADMIN = "ccb_admin_0123456789abcdefghijklmnop";
const AUTH = {
  enabled: true,
  admin: "key",
  api_keys: [
    { name: "client", key: CLIENT },
    { name: "admin", key: ADMIN, role: "admin" },
  ],
};
const READS = ["/health", "/oauth/status", "/oauth/generate-url", "/providers", "/requests", "/docs", "/docs/json", "/usage", "/metrics", "/", "/v1/models"]; // prettier-ignore
/** Asked for no key: the page holds no data. */
const PUBLIC: readonly string[] = ["/health", "/"];
const WRITES = [
  ["POST", "/providers/reload"],
  ["POST", "/providers/Keyed/disable"],
  ["POST", "/oauth/exchange-code"],
  ["POST", "/oauth/login"],
  ["POST", "/oauth/login/wait"],
  ["POST", "/oauth/login/name"],
  ["POST", "/oauth/setup-token"],
  ["POST", "/oauth/refresh/me@example.com"],
  ["POST", "/oauth/tokens/me@example.com/pause"],
  ["DELETE", "/oauth/tokens"],
  ["DELETE", "/oauth/tokens/me@example.com"],
  ["POST", "/v1/messages"],
] as const;
const EVERY = [...READS.map((path) => ["GET", path] as const), ...WRITES];

let upstream: Upstream;
let open: Ccb;
let keyed: Ccb;
let passing: Ccb;

beforeAll(async () => {
  upstream = await startUpstream();
  // As the API answers browsers: ccb must not pass that on.
  upstream.handle(() => json(200, { ok: true }, { "access-control-allow-origin": "*" }));
  const pass = { name: "Pass", type: "anthropic", base_url: upstream.url, auth_value: "passthrough" };
  [open, keyed, passing] = await Promise.all([
    startKeyed(upstream.url),
    startKeyed(upstream.url, { settings: { auth: AUTH } }),
    startKeyed(upstream.url, { settings: { auth: AUTH }, providers: [pass] }),
  ]);
});
afterAll(async () => {
  for (const ccb of [open, keyed, passing]) await ccb[Symbol.asyncDispose]();
  await upstream.stop();
});

/** Nothing went on to the upstream, and the provider still stands. */
async function untouched(act: () => Promise<void>): Promise<void> {
  const before = upstream.requests.length;
  await act();
  expect(upstream.requests.length).toBe(before);
  expect((await probe(open.port, "GET /providers")).body).toContain('"enabled":true');
}

describe("a web page, at a ccb that asks for no key", () => {
  const attacks: readonly (readonly [string, Record<string, string>])[] = [
    ["a name that was made to resolve here", { Host: "evil.example" }],
    ["the same with ccb's port", { Host: "evil.example:9090" }],
    ["a name that begins like ours", { Host: "localhost.evil.example" }],
    ["an address of the network", { Host: "192.168.1.5" }],
    ["a page of another site", { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" }],
    ["a page of another port", { Origin: "http://localhost:3000", "Sec-Fetch-Site": "same-site" }],
    ["a sandboxed page", { Origin: "null" }],
    ["a picture of another site", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image" }], // prettier-ignore
    ["a script of another port", { "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors" }],
  ];
  for (const [who, headers] of attacks) {
    test(`${who}: 403 on every route`, async () => {
      await untouched(async () => {
        for (const [method, path] of EVERY) {
          const reply = await probe(open.port, `${method} ${path}`, headers);
          expect([method, path, reply.status, typeOf(reply)]).toEqual([method, path, 403, "permission_error"]);
          expect(reply.headers.get("x-should-retry")).toBe("false");
        }
      });
    });
  }

  test("two names in one Host: 400 on every route", async () => {
    await untouched(async () => {
      for (const [method, path] of EVERY)
        expect((await probe(open.port, `${method} ${path}`, { Host: "localhost, evil.example" })).status).toBe(400);
    });
  });

  test("an upstream that lets every page read: that goes no further", async () => {
    const reply = await probe(open.port, "GET /v1/models");
    expect([reply.status, reply.headers.has("access-control-allow-origin")]).toEqual([200, false]);
  });

  test("a preflight: 403, and no leave to send", async () => {
    await untouched(async () => {
      for (const [method, path] of EVERY) {
        const asked = { Origin: "https://evil.example", "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type, x-ccb-key", "Access-Control-Request-Private-Network": "true" }; // prettier-ignore
        expect([path, (await probe(open.port, `OPTIONS ${path}`, asked)).status]).toEqual([path, 403]);
      }
    });
  });

  test("a form that an old browser sends without Origin: 415 where it would manage", async () => {
    await untouched(async () => {
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
        for (const [method, path] of WRITES.filter(([, path]) => !path.startsWith("/v1/"))) {
          const reply = await probe(open.port, `${method} ${path}`, { "Content-Type": type }, "a=1");
          expect([path, reply.status, typeOf(reply)]).toEqual([path, 415, "invalid_request_error"]);
        }
      }
    });
  });

  test("a link to the root page is followed; a frame of it is not", async () => {
    const link = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
    expect((await probe(open.port, "GET /", link)).status).not.toBe(403);
    expect((await probe(open.port, "GET /", { ...link, "Sec-Fetch-Dest": "iframe" })).status).toBe(403);
    expect((await probe(open.port, "GET /docs", link)).status).toBe(403);
  });

  test("GET changes nothing", async () => {
    await untouched(async () => {
      for (const [, path] of WRITES.filter(([, path]) => !path.startsWith("/v1/")))
        expect([path, (await probe(open.port, `GET ${path}`)).status]).toEqual([path, 405]);
    });
  });

  test("what is odd about a path leads no way around", async () => {
    for (const path of [
      "//v1/models",
      "/v1/../oauth/status",
      "/%76%31/models",
      "/V1/models",
      "/./oauth/status",
      "http://evil.example/oauth/status",
    ]) {
      // prettier-ignore
      const reply = await probe(open.port, `GET ${path}`, { Host: "evil.example" });
      expect([path, reply.status]).toEqual([path, 403]);
    }
  });

  test("the lines of the README work as ever: no key, and whatever word in its place", async () => {
    for (const headers of [{}, { "x-api-key": "ccb" }, { Authorization: "Bearer ccb" }]) {
      expect((await probe(open.port, "GET /v1/models", headers)).status).toBe(200);
      expect((await probe(open.port, "GET /oauth/status", headers)).status).toBe(200);
    }
    expect((await probe(open.port, "POST /providers/reload", { "Content-Type": "application/json" }, "{}")).status).toBe(200); // prettier-ignore
  });
});

describe("a caller without a key, where keys are asked for", () => {
  const wrong: readonly (readonly [string, Record<string, string>])[] = [
    ["none", {}],
    ["a word", { "x-api-key": "ccb" }],
    ["half of one", { Authorization: `Bearer ${CLIENT.slice(0, -1)}` }],
    ["more than one", { "x-ccb-key": `${CLIENT}x` }],
    ["in other letters", { "x-api-key": CLIENT.toUpperCase() }],
    ["by another scheme", { Authorization: `Basic ${btoa(`x:${CLIENT}`)}` }],
    ["in a cookie", { Cookie: `key=${CLIENT}` }],
  ];
  for (const [what, headers] of wrong) {
    test(`${what}: 401 on every route but /health`, async () => {
      const before = upstream.requests.length;
      for (const [method, path] of EVERY.filter(([, path]) => !PUBLIC.includes(path))) {
        const reply = await probe(keyed.port, `${method} ${path}`, headers);
        expect([path, reply.status, typeOf(reply)]).toEqual([path, 401, "authentication_error"]);
        expect(reply.headers.get("x-should-retry")).toBe("false");
        expect(reply.body).not.toContain(CLIENT.slice(0, 12));
      }
      expect((await probe(keyed.port, `GET /v1/models?x-api-key=${CLIENT}&key=${CLIENT}`, headers)).status).toBe(401);
      expect((await probe(keyed.port, "GET /health", headers)).body).toContain('{"status":"ok"}');
      expect(upstream.requests.length).toBe(before);
    });
  }

  test("a client's key: the API and /health, nothing else", async () => {
    const forms = [{ "x-api-key": CLIENT }, { Authorization: `Bearer ${CLIENT}` }, { "X-CCB-Key": CLIENT }];
    for (const headers of forms) {
      expect((await probe(keyed.port, "GET /v1/models", headers)).status).toBe(200);
      expect((await probe(keyed.port, "GET /health", headers)).body).toContain('"accounts":0');
      for (const [method, path] of EVERY.filter(([, path]) => !PUBLIC.includes(path) && !path.startsWith("/v1/"))) {
        const reply = await probe(keyed.port, `${method} ${path}`, headers);
        expect([path, reply.status, typeOf(reply)]).toEqual([path, 403, "permission_error"]);
      }
    }
  });

  test("an admin's key: everything", async () => {
    for (const path of READS.filter((path) => path !== "/"))
      expect([path, (await probe(keyed.port, `GET ${path}`, { "x-api-key": ADMIN })).status]).toEqual([path, 200]);
  });

  test("a good key makes no page of another site a friend", async () => {
    const headers = { "x-api-key": ADMIN, Origin: "https://evil.example" };
    for (const [method, path] of EVERY)
      expect((await probe(keyed.port, `${method} ${path}`, headers)).status).toBe(403);
  });
});

describe("what the upstream sees", () => {
  test("no key of ccb's, in whatever form it came", async () => {
    upstream.clear();
    upstream.handle(() => json(200, { ok: true }));
    for (const headers of [
      { "x-api-key": CLIENT },
      { Authorization: `Bearer ${CLIENT}` },
      { "x-ccb-key": CLIENT },
      { "x-ccb-key": ADMIN, "x-api-key": CLIENT, Authorization: `bearer ${CLIENT}` },
    ])
      // prettier-ignore
      expect((await probe(keyed.port, "GET /v1/models", headers)).status).toBe(200);
    // The client's own credential goes on, ccb's key beside it does not; in its place it goes nowhere.
    const own = { "x-api-key": "sk-ant-api03-of-the-client" };
    expect((await probe(passing.port, "GET /v1/models", own)).status).toBe(401);
    expect((await probe(passing.port, "GET /v1/models", { "x-api-key": CLIENT })).status).toBe(401);
    expect((await probe(passing.port, "GET /v1/models", { ...own, "x-ccb-key": CLIENT })).status).toBe(200);
    expect((await probe(passing.port, "GET /v1/models", { "x-api-key": CLIENT, "x-ccb-key": CLIENT })).status).toBe(403); // prettier-ignore
    expect(upstream.requests.length).toBe(5);
    const raw = upstream.requests.flatMap(({ rawHeaders }) => rawHeaders).join("\n");
    expect(raw).not.toContain("ccb_");
    expect(raw.toLowerCase()).not.toContain("x-ccb-key");
    expect(upstream.requests.at(-1)?.header("x-api-key")).toBe(own["x-api-key"]);
  });

  test("and no log line or console line holds one", async () => {
    // Whatever test came before this one.
    for (const ccb of [keyed, passing]) {
      for (const key of [CLIENT, ADMIN]) {
        await probe(ccb.port, "POST /v1/messages", { "x-ccb-key": key, "x-api-key": key }, "{}");
        await probe(ccb.port, "GET /v1/models", { "x-ccb-key": `${key}x`, "x-api-key": `${key}x` });
      }
      await ccb.output("refused");
    }
    for (const ccb of [keyed, passing]) expect(ccb.stdout + ccb.stderr).not.toMatch(/ccb_(client|admin)_/);
  });
});

test("the time of a refusal says nothing of how much of a key was right", async () => {
  const guesses = [CLIENT.slice(0, -1) + "X", "X" + CLIENT.slice(1), "X".repeat(CLIENT.length), CLIENT.slice(0, 20)];
  const times = guesses.map((): number[] => []);
  for (let round = 0; round < 150; round += 1) {
    for (const [index, guess] of guesses.entries()) {
      const from = performance.now();
      const reply = await keyed.request("/v1/models", { headers: { "x-api-key": guess } });
      await reply.body?.cancel();
      times[index]?.push(performance.now() - from);
    }
  }
  const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;
  const medians = times.map(median);
  console.log(`401 in ms, by guess: ${medians.map((time) => time.toFixed(3)).join(", ")}`);
  expect(Math.max(...medians)).toBeLessThan(Math.min(...medians) * 1.5 + 0.2);
});

// What stands in the environment or in the working directory never weakens the binary.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeHome } from "../support/binary.ts";
import { json } from "../support/replies.ts";
import { startUpstream } from "../support/upstream.ts";
import { SELF_SIGNED } from "./_certificate.ts";
import { KEY, keyed, messagesRequest, startKeyed } from "./_ccb.ts";

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});
/** A home with files in it, where startCcb starts the program. */
function homeWith(files: Readonly<Record<string, string>>): string {
  const home = makeHome();
  homes.push(home);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
  return home;
}
/** A preload that leaves a mark beside itself. */
const PRELOAD = `require("node:fs").appendFileSync(require("node:path").join(__dirname, "ran"), process.env.CCB_BOOTED ?? "first start");`;

describe("the environment", () => {
  test("NODE_TLS_REJECT_UNAUTHORIZED=0 accepts no certificate that nobody vouches for", async () => {
    await using secret = await startUpstream({ tls: SELF_SIGNED });
    secret.handle(() => json(200, {}));
    await using ccb = await startKeyed("", {
      providers: [keyed(secret.url)],
      env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    });
    expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(503);
    expect(secret.requests).toEqual([]);
  });

  for (const value of ["curl", "1", "true"]) {
    test(`BUN_CONFIG_VERBOSE_FETCH=${value} prints no header`, async () => {
      await using upstream = await startUpstream();
      upstream.handle(() => json(200, {}));
      await using ccb = await startKeyed(upstream.url, { env: { BUN_CONFIG_VERBOSE_FETCH: value } });
      expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
      await ccb.stop();
      expect(ccb.stdout + ccb.stderr).not.toContain(KEY);
      expect(ccb.stdout + ccb.stderr).not.toContain("curl --http");
    });
  }

  test("BUN_CONFIG_MAX_HTTP_REQUESTS is not inherited: 2 would stop the third request", async () => {
    await using upstream = await startUpstream();
    const gate = Promise.withResolvers<void>();
    upstream.handle(async () => {
      await gate.promise;
      return json(200, {});
    });
    await using ccb = await startKeyed(upstream.url, { env: { BUN_CONFIG_MAX_HTTP_REQUESTS: "2" } });
    const replies = Array.from({ length: 5 }, () => ccb.request("/v1/messages", messagesRequest()));
    await upstream.request(4);
    gate.resolve();
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test("ccb's own marks cannot be forged to keep what it drops", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    await using ccb = await startKeyed(upstream.url, {
      env: { CCB_BOOTED: "1", BUN_CONFIG_VERBOSE_FETCH: "curl", CCB_PROXY_ENVIRONMENT: "not json" },
    });
    expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
    await ccb.stop();
    expect(ccb.stderr).not.toContain(KEY);
  });
});

describe("the working directory", () => {
  test("neither .env nor bunfig.toml runs or sets anything", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    const home = homeWith({
      "preload.ts": PRELOAD,
      "bunfig.toml": 'preload = ["./preload.ts"]\n',
      ".env": "CCB_LOG_LEVEL=ERROR\nNODE_TLS_REJECT_UNAUTHORIZED=0\nBUN_CONFIG_VERBOSE_FETCH=curl\n",
    });
    await using ccb = await startKeyed(upstream.url, { home });
    expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
    await ccb.output('"message":"request"');
    expect([existsSync(join(home, "ran")), ccb.stderr.includes(KEY)]).toEqual([false, false]);
  });

  test("BUN_OPTIONS=--preload is not handed on to the program that serves", async () => {
    await using upstream = await startUpstream();
    upstream.handle(() => json(200, {}));
    const home = homeWith({ "preload.ts": PRELOAD });
    await using ccb = await startKeyed(upstream.url, {
      home,
      env: { BUN_OPTIONS: `--preload=${join(home, "preload.ts")}` },
    });
    expect((await ccb.request("/v1/messages", messagesRequest())).status).toBe(200);
    // Bun itself runs it before the first line of ccb; the process that holds tokens is the second.
    expect(readFileSync(join(home, "ran"), "utf8")).toBe("first start");
  });
});

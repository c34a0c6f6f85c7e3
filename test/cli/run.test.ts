// ccb run: the client's environment, its streams, its signals, its end.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messagesHandler } from "../support/anthropic.ts";
import { startOAuth } from "../binary/_ccb.ts";
import { freePort, makeHome, runCcb } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { BROWSER_ADDRESS, startTyping } from "./_login.ts";
import type { Typing } from "./_login.ts";

let oauth: OAuthServer;
let upstream: Upstream;
let ccb: Ccb;
const home = makeHome();
beforeAll(async () => {
  oauth = await startOAuthServer();
  upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  ccb = await startOAuth(upstream.url, oauth);
});
const started: Typing[] = [];
afterEach(async () => {
  for (const typing of started.splice(0)) await typing[Symbol.asyncDispose]();
});
afterAll(async () => {
  await ccb[Symbol.asyncDispose]();
  await upstream.stop();
  await oauth.stop();
  rmSync(home, { recursive: true, force: true });
});

/** A client that is called by its name. */
function client(name: string, script: string): Record<string, string> {
  writeFileSync(join(home, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(home, name), 0o755);
  return { PATH: `${home}:/usr/bin:/bin` };
}
function run(args: readonly string[], env: Record<string, string> = {}): Typing {
  const typing = startTyping(["run", "--port", String(ccb.port), ...args], home, env);
  started.push(typing);
  return typing;
}

describe("the client", () => {
  test("gets its arguments, the environment, and nothing of ccb's own", async () => {
    const env = client("claude", `printf '%s|' "$@"; echo; env | sort`);
    const typing = run(["--", "claude", "-p", "it's $HOME", "--port", "1"], {
      ...env,
      HTTPS_PROXY: "http://proxy.example:1",
      no_proxy: "corp.example",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      CCB_KEY: "ccb_admin",
      CCB_STORE_KEY_FILE: "/nowhere/store.key",
    });
    expect([await typing.exited, typing.stderr]).toEqual([0, ""]);
    expect(typing.stdout).not.toMatch(/^CCB_/m);
    const [args, ...lines] = typing.stdout.trim().split("\n");
    expect(args).toBe("-p|it's $HOME|--port|1|");
    for (const line of [
      `ANTHROPIC_BASE_URL=http://localhost:${ccb.port}`,
      "ANTHROPIC_AUTH_TOKEN=ccb",
      "HTTPS_PROXY=http://proxy.example:1",
      "NO_PROXY=corp.example,localhost,127.0.0.1,::1",
      "no_proxy=corp.example,localhost,127.0.0.1,::1",
      "NODE_TLS_REJECT_UNAUTHORIZED=0",
      `HOME=${home}`,
    ])
      expect(lines).toContain(line);
    expect(typing.stdout).not.toMatch(/^(?:CCB_|BUN_|MIMALLOC_)/m);
  });

  test("has ccb's standard input and both outputs", async () => {
    const env = client("cat-both", "cat; echo end >&2");
    const typing = run(["cat-both"], env);
    typing.type("line\n");
    typing.end();
    expect([await typing.exited, typing.stdout, typing.stderr]).toEqual([0, "line\n", "end\n"]);
  });

  test("ends, and its exit code is ccb's: also that of a signal", async () => {
    expect(await run(["--", "sh", "-c", "exit 7"]).exited).toBe(7);
    expect(await run(["--", "sh", "-c", "kill -9 $$"]).exited).toBe(137);
    expect(await run(["--", "sh", "-c", "kill -15 $$"]).exited).toBe(143);
  });

  test("gets the signals that ccb gets", async () => {
    for (const [signal, number] of [
      ["SIGTERM", 15],
      ["SIGINT", 2],
      ["SIGHUP", 1],
      ["SIGUSR1", 10],
    ] as const) {
      // prettier-ignore
      const typing = run(["--", "sh", "-c", `trap 'echo got; exit 40' ${number}; echo ready; while :; do sleep 0.05; done`]); // prettier-ignore
      await typing.seen(/ready/);
      typing.kill(signal);
      expect([signal, await typing.exited, typing.stdout]).toEqual([signal, 40, "ready\ngot\n"]);
    }
  });

  test("is not there, or is none: 127 and 126, and a sentence", async () => {
    const missing = run(["--", "no-such-client"]);
    expect([await missing.exited, missing.stderr]).toEqual([127, expect.stringContaining("no-such-client")]);
    writeFileSync(join(home, "not-a-program"), "");
    const nameless = run(["--", ""]);
    expect([await nameless.exited, nameless.stdout]).toEqual([126, ""]);
    expect(nameless.stderr).toMatch(/^[^\n]*could not be started[^\n]*\n$/);
    const broken = run(["--", join(home, "not-a-program")]);
    expect([await broken.exited, broken.stderr]).toEqual([126, expect.stringContaining("not-a-program")]);
  });
});

test("no server: nothing is started, exit 1, what to do", async () => {
  const env = client("claude", "echo started");
  const port = await freePort();
  const down = await runCcb(["run", "--port", String(port), "--", "claude"], { home, env });
  expect(down).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("Start it with `ccb`") });
});

test("nothing to run is wrong usage", async () => {
  expect(await runCcb(["run"])).toMatchObject({ code: 2, stderr: expect.stringContaining("ccb run -- claude") });
});

test("a machine with no account: the message names the sign-in, ccb login makes it work", async () => {
  const ask = `curl -s -o - -w '\\n%{http_code}' "$ANTHROPIC_BASE_URL/v1/messages" -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '{"model":"claude-opus-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'`;
  const first = run(["--", "sh", "-c", ask]);
  expect([await first.exited, first.stdout]).toEqual([0, expect.stringMatching(/Run: ccb login[^]*\n401$/)]);
  const login = startTyping(["login", "--config", ccb.configFile, "--port", String(ccb.port)], home);
  started.push(login);
  const { callbackUrl } = oauth.authorize(await login.seen(BROWSER_ADDRESS), identity("me@example.com"));
  expect((await fetch(callbackUrl, { keepalive: false })).status).toBe(200);
  expect(await login.exited).toBe(0);
  const second = run(["--", "sh", "-c", ask]);
  expect([await second.exited, second.stdout]).toEqual([0, expect.stringMatching(/\n200$/)]);
});

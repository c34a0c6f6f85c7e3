// ccb status, accounts, logout, refresh, pause, resume and reload against a real server: table, JSON, exit code.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { StatusReportSchema } from "../../src/cli/commands/status.ts";
import { PausedSchema, RemovedSchema, SignedInSchema, StatusSchema } from "../../src/http/oauth-schemas.ts";
import { ReloadedSchema } from "../../src/http/providers-schema.ts";
import { messagesRequest, signIn } from "../binary/_ccb.ts";
import { identity } from "../support/oauth-server.ts";
import { error } from "../support/replies.ts";
import { CHINESE, documentOf, serve } from "./_served.ts";
import type { Served } from "./_served.ts";

describe("with nobody signed in", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve();
  });
  afterAll(() => served[Symbol.asyncDispose]());

  test("status says so and ends with 1", async () => {
    const { code, stdout, stderr } = await served.run(["status"]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toContain(`ccb 0.1.0 at http://127.0.0.1:${served.ccb.port}, started `);
    for (const words of ["Claude Code Official", "ccb login", "Nothing here can serve"])
      expect(stdout).toContain(words);
    const finished = await served.run(["status", "--json"]);
    expect(finished.code).toBe(1);
    expect(documentOf(finished, StatusReportSchema)).toMatchObject({ can_serve: false, accounts: [] });
  });

  test("accounts, and a logout of all of them", async () => {
    expect(await served.run(["accounts"])).toEqual({
      code: 0,
      stdout: "Nobody is signed in. Sign in with: ccb login\n",
      stderr: "",
    });
    expect(await served.run(["logout", "--all", "--yes"])).toEqual({
      code: 0,
      stdout: "Nobody was signed in.\n",
      stderr: "",
    });
  });

  test("an account that is not there: 1, and what there is to do", async () => {
    for (const command of ["refresh", "pause", "resume"]) {
      const { code, stdout, stderr } = await served.run([command, "who@example.com"]);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("No account of this name is signed in. `ccb accounts` lists them.");
    }
    expect((await served.run(["logout", "who@example.com", "-y"])).code).toBe(1);
  });
});

describe("with accounts", () => {
  let served: Served;
  const resetsSoon = String(Math.floor(Date.now() / 1000) + 7_200);
  beforeAll(async () => {
    served = await serve();
    await signIn(served.ccb, served.oauth, identity("one@example.com", "张三的公司"));
    await signIn(served.ccb, served.oauth, identity("two@example.com", "Two"));
    const limited = error(429, "rate_limit_error", "Limit", {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
      "anthropic-ratelimit-unified-reset": resetsSoon,
      "anthropic-ratelimit-unified-5h-status": "rejected",
      "anthropic-ratelimit-unified-5h-utilization": "1",
      "anthropic-ratelimit-unified-5h-reset": resetsSoon,
      "anthropic-ratelimit-unified-7d-status": "allowed",
      "anthropic-ratelimit-unified-7d-utilization": "0.25",
      "anthropic-ratelimit-unified-7d-reset": resetsSoon,
    });
    served.upstream.script(limited);
    await (await served.ccb.request("/v1/messages", messagesRequest())).text();
  });
  afterAll(() => served[Symbol.asyncDispose]());

  test("status: who serves, who waits and until when, and 0", async () => {
    const { code, stdout } = await served.run(["status"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/TARGET +STATE +5 HOURS +WEEK +BUSY +REQUESTS/);
    expect(stdout).toMatch(/ {2}\w+@example\.com +cooling down until (?:[\d-]+ )?\d\d:\d\d \(in 2 hours\): \S+ +100 %, resets [\d-]* ?\d\d:\d\d +25 %/); // prettier-ignore
    expect(stdout).toMatch(/ {2}\w+@example\.com +ready/);
    expect(stdout).not.toContain("\u001b");
    const report = documentOf(await served.run(["status", "--json"]), StatusReportSchema);
    expect(report).toMatchObject({ can_serve: true, address: `http://127.0.0.1:${served.ccb.port}` });
    expect(report.accounts.map(({ account_email }) => account_email).toSorted()).toEqual([
      "one@example.com",
      "two@example.com",
    ]);
  });

  test("in Chinese, with columns that stay aligned", async () => {
    const { stdout } = await served.run(["status"], CHINESE);
    const lines = stdout.split("\n");
    const head = lines.find((line) => line.startsWith("邮箱")) ?? "";
    const row = lines.find((line) => line.startsWith("one@example.com")) ?? "";
    const columnOf = (line: string, text: string): number => Bun.stringWidth(line.slice(0, line.indexOf(text)));
    expect(row).toContain("张三的公司");
    expect(columnOf(row, "张三的公司")).toBe(columnOf(head, "组织"));
    const other = lines.findLast((line) => line.startsWith("two@example.com")) ?? "";
    expect(columnOf(row, "小时后  ")).toBe(columnOf(other, "小时后  "));
    // Words of the program are in Chinese throughout.
    expect(head).not.toMatch(/[a-z]/i);
  });

  test("accounts", async () => {
    const { code, stdout } = await served.run(["accounts"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^EMAIL +ORGANIZATION +STATE +TOKEN EXPIRES +LAST USED +REQUESTS$/m);
    expect(stdout).toMatch(/^two@example\.com +Two +\S.* in 8 hours /m);
    expect(stdout).toContain("in memory only");
    const { total_tokens } = documentOf(await served.run(["accounts", "--json"]), StatusSchema);
    expect(total_tokens).toBe(2);
  });

  test("refresh asks the token endpoint", async () => {
    const before = served.oauth.refreshes;
    const { code, stdout } = await served.run(["refresh", "one@example.com"]);
    expect([code, served.oauth.refreshes]).toEqual([0, before + 1]);
    expect(stdout).toMatch(/^The access token of one@example\.com was renewed and is good until .* \(in 8 hours\)\.$/m);
    const signedIn = documentOf(await served.run(["refresh", "one@example.com", "--json"]), SignedInSchema);
    expect(signedIn).toMatchObject({ account_email: "one@example.com", durable: false });
  });

  test("pause and resume", async () => {
    expect(await served.run(["pause", "two@example.com"])).toMatchObject({
      code: 0,
      stdout: "two@example.com is paused, until `ccb resume` or a restart of ccb.\n",
    });
    expect((await served.run(["accounts"])).stdout).toMatch(/^two@example\.com +Two +paused /m);
    const resumed = documentOf(await served.run(["resume", "two@example.com", "--json"]), PausedSchema);
    expect(resumed).toEqual({ status: "success", account_email: "two@example.com", paused: false });
    expect((await served.run(["resume", "two@example.com"])).stdout).toBe("two@example.com is used again.\n");
  });
});

describe("status at the edges", () => {
  test("everybody paused cannot serve; a guess of ccb's alone does not keep it from serving", async () => {
    await using served = await serve({ balancing: { unhealthy_threshold: 1 } });
    await signIn(served.ccb, served.oauth, identity("me@example.com"));
    served.upstream.script(error(500, "api_error", "Down"));
    await (await served.ccb.request("/v1/messages", messagesRequest())).text();
    const guessed = documentOf(await served.run(["status", "--json"]), StatusReportSchema);
    expect(guessed.providers[0]?.targets[0]?.state).toBe("cooldown");
    expect(guessed.can_serve).toBe(true);
    await served.run(["pause", "me@example.com"]);
    expect((await served.run(["status"])).code).toBe(1);
  });
});

describe("logout", () => {
  test("one, then all", async () => {
    await using served = await serve();
    for (const name of ["one", "two", "three"]) await signIn(served.ccb, served.oauth, identity(`${name}@example.com`));
    expect(await served.run(["logout", "one@example.com", "--yes"])).toMatchObject({
      code: 0,
      stdout: "Signed out: one@example.com\n",
    });
    expect(served.oauth.revocations.length).toBe(1);
    const finished = await served.run(["logout", "--all", "--yes", "--json"]);
    expect(finished.code).toBe(0);
    expect(documentOf(finished, RemovedSchema).removed.toSorted()).toEqual(["three@example.com", "two@example.com"]);
  });

  test("without a terminal and without --yes nothing is removed", async () => {
    await using served = await serve();
    await signIn(served.ccb, served.oauth, identity("me@example.com"));
    for (const args of [
      ["logout", "me@example.com"],
      ["logout", "--all"],
      ["logout"],
      ["logout", "me@example.com", "--all", "--yes"],
    ]) {
      const { code, stdout, stderr } = await served.run(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("--");
    }
    expect(documentOf(await served.run(["accounts", "--json"]), StatusSchema).total_tokens).toBe(1);
  });

  for (const [answer, code, left] of [
    ["n\r", 1, 1],
    ["\r", 1, 1],
    ["\u0004", 1, 1],
    ["y\r", 0, 0],
  ] as const) {
    test(`on a terminal it asks: ${JSON.stringify(answer)}`, async () => {
      await using served = await serve();
      await signIn(served.ccb, served.oauth, identity("me@example.com"));
      const shown = { text: "" };
      const binary = process.env["TEST_BINARY"] ?? "dist/ccb";
      const child = Bun.spawn([binary, "logout", "--all", ...served.at], {
        env: { PATH: process.env["PATH"] ?? "", HOME: served.ccb.home, LANG: "en_US.UTF-8" },
        timeout: 20_000,
        terminal: {
          cols: 100,
          rows: 30,
          data(terminal, bytes) {
            shown.text += new TextDecoder().decode(bytes);
            if (shown.text.includes("[y/N]") && !shown.text.includes("sent")) {
              shown.text += "sent";
              terminal.write(answer);
            }
          },
        },
      });
      expect([await child.exited, shown.text]).toEqual([code, expect.stringContaining("Sign out me@example.com?")]);
      expect(documentOf(await served.run(["accounts", "--json"]), StatusSchema).total_tokens).toBe(left);
    });
  }
});

describe("reload", () => {
  test("a good file, one that needs a restart, and a bad one", async () => {
    await using served = await serve();
    const { configFile } = served.ccb;
    const good = readFileSync(configFile, "utf8");
    expect(await served.run(["reload"])).toEqual({
      code: 0,
      stdout: `Loaded: ${configFile}, 1 provider.\n`,
      stderr: "",
    });
    expect(documentOf(await served.run(["reload", "--json"]), ReloadedSchema)).toMatchObject({
      file: configFile,
      providers: 1,
    });
    writeFileSync(configFile, good.replace("settings:", "settings:\n  socket: other.sock"));
    expect((await served.run(["reload"])).stdout).toContain("Restart ccb for: settings.socket.");
    writeFileSync(configFile, good.replace("settings:", "settings:\n  prot: 1"));
    const { code, stdout, stderr } = await served.run(["reload"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("settings.prot");
    // The others still find it.
    const status = await served.run(["accounts"]);
    expect([status.code, status.stderr]).toEqual([0, expect.stringContaining("ccb check")]);
    writeFileSync(configFile, "settings: {port: [");
    expect((await served.run(["accounts"])).code).toBe(2);
  });
});

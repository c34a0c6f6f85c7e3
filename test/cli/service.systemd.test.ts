// The units before systemd itself: its checker, its rating, and a real start in a sandbox under a user of its own.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, makeHome, runCcb } from "../support/binary.ts";
import { startNestedSystemd } from "../support/nested-systemd.ts";
import type { NestedSystemd } from "../support/nested-systemd.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";

const home = makeHome();
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("systemd-analyze", () => {
  for (const mode of ["--user", "--system"]) {
    test(`${mode}: verify has nothing to say, security says OK or better`, async () => {
      const { stdout } = await runCcb(["service", "print", ...(mode === "--system" ? [mode] : [])], { home });
      const folder = join(home, mode);
      mkdirSync(folder);
      const unit = join(folder, "ccb.service");
      writeFileSync(unit, stdout);
      const env = { ...process.env, XDG_RUNTIME_DIR: home };
      const verified = Bun.spawnSync(["systemd-analyze", mode, "verify", "--man=no", unit], { env });
      expect([verified.exitCode, verified.stderr.toString()]).toEqual([0, ""]);
      const rated = Bun.spawnSync(["systemd-analyze", mode, "security", "--offline=true", "--no-pager", unit], { env });
      const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(rated.stdout.toString())?.[1]);
      // "OK" begins under 5.0, "SAFE" under 1.0.
      expect(exposure).toBeLessThan(2.5);
    });
  }
});

describe("a system service that really runs", () => {
  let systemd: NestedSystemd;
  let oauth: OAuthServer;
  let port: number;
  const ME = identity("me@example.com");

  const call = async (path: string, init?: RequestInit): Promise<Record<string, unknown>> => {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const body: Record<string, unknown> = JSON.parse(await reply.text());
    return body;
  };
  const show = async (property: string): Promise<string> =>
    (await systemd.run(`systemctl show ccb --property=${property} --value`)).output.trim();

  beforeAll(async () => {
    oauth = await startOAuthServer();
    port = await freePort();
    systemd = await startNestedSystemd();
    const yaml = `providers:
  - {name: Here, base_url: "${oauth.url}", auth_value: oauth}
settings:
  port: ${port}
  language: en
  oauth: {store: file, authorize_url: "${oauth.authorizeUrl}", token_url: "${oauth.tokenUrl}"}
`;
    const { output } = await systemd.run(`
      mkdir -p /etc/ccb
      (umask 077; head -c 32 /dev/urandom | base64 >/etc/ccb/store.key)
      cat >/etc/ccb/providers.yaml <<'END'\n${yaml}END
      chmod 644 /etc/ccb/providers.yaml; echo "exit $?"`);
    expect(output).toContain("exit 0");
  });
  // Whatever the test before left: the service runs, freshly started.
  beforeEach(async () => {
    const { code, output } = await systemd.run(
      "rm -rf /run/systemd/system/ccb.service.d; ccb service install --system",
    );
    expect([code, output]).toEqual([0, expect.stringContaining("Installed and started")]);
  });
  afterAll(async () => {
    await systemd[Symbol.asyncDispose]();
    await oauth[Symbol.asyncDispose]();
  });

  test("is active once it serves, says where, as an unprivileged user without rights or memory images", async () => {
    expect(await show("ActiveState")).toBe("active");
    expect(await show("StatusText")).toContain(`:${port}`);
    const { output } = await systemd.run(
      "pid=$(systemctl show ccb --property=MainPID --value); cat /proc/$pid/status /proc/$pid/limits",
    );
    expect(output).toMatch(/^Uid:\t(?!0\b)\d+/m);
    expect(output).toMatch(/^CapBnd:\t0{16}$/m);
    expect(output).toMatch(/^NoNewPrivs:\t1$/m);
    expect(output).toMatch(/^Seccomp:\t2$/m);
    expect(output).toMatch(/^Max core file size +0 +0 /m);
  });

  async function signIn(): Promise<void> {
    const { login_url } = await call("/oauth/generate-url");
    const { pasted } = oauth.authorize(String(login_url), ME);
    const signedIn = await call("/oauth/exchange-code", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: pasted }),
    });
    expect(signedIn).toMatchObject({ status: "success", account_email: "me@example.com" });
    expect((await call("/health"))["persistence"]).toMatchObject({ backend: "file", durable: true });
  }

  test("keeps an account over a restart, sealed with the key of the credential", async () => {
    await signIn();
    const before = await show("MainPID");
    expect((await systemd.run("systemctl restart ccb")).code).toBe(0);
    expect(await show("MainPID")).not.toBe(before);
    const until = Date.now() + 10_000;
    while ((await call("/oauth/status"))["total_tokens"] !== 1 && Date.now() < until) await Bun.sleep(50);
    expect((await call("/oauth/status"))["tokens"]).toMatchObject([
      { account_email: "me@example.com", is_healthy: true },
    ]);
    const { output } = await systemd.run("find /var/lib/private/ccb -type f -name '*.sealed' | wc -l");
    expect(Number(output)).toBeGreaterThan(0);
  });

  test("reloads at systemctl reload and stops in order", async () => {
    expect((await systemd.run("systemctl reload ccb")).code).toBe(0);
    expect((await systemd.run("systemctl stop ccb")).code).toBe(0);
    expect([await show("Result"), await show("ExecMainStatus")]).toEqual(["success", "0"]);
  });

  test("is started again by the watchdog when its event loop stands still", async () => {
    await systemd.run(
      "mkdir -p /run/systemd/system/ccb.service.d; printf '[Service]\\nWatchdogSec=2\\n' >/run/systemd/system/ccb.service.d/t.conf; systemctl daemon-reload; systemctl restart ccb",
    );
    // Twice the period: its pings keep it alive.
    await Bun.sleep(4_000);
    expect(await show("NRestarts")).toBe("0");
    await systemd.run("kill -STOP $(systemctl show ccb --property=MainPID --value)");
    const until = Date.now() + 30_000;
    while ((await show("NRestarts")) !== "1" && Date.now() < until) await Bun.sleep(200);
    expect(await show("NRestarts")).toBe("1");
  });

  test("uninstall leaves what it kept; --purge needs the service and takes that, too", async () => {
    await systemd.run("systemctl start dbus.service");
    await signIn();
    expect((await systemd.run("ccb service uninstall --system")).code).toBe(0);
    const files = "find /var/lib/private/ccb -name '*.sealed' 2>/dev/null | wc -l";
    expect(Number((await systemd.run(files)).output)).toBeGreaterThan(0);
    expect((await systemd.run("ccb service install --system")).code).toBe(0);
    const { code, output } = await systemd.run("ccb service uninstall --system --purge");
    expect([code, output]).toEqual([0, expect.stringContaining("removed from this machine")]);
    expect(Number((await systemd.run(files)).output)).toBe(0);
    expect((await systemd.run("systemctl cat ccb")).code).not.toBe(0);
  });
});

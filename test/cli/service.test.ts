// The units as text: what they ask for, how they quote, that nothing secret is in them; the property list by a parser of its own.
import { describe, expect, test } from "bun:test";
import { parseEnvironmentFile } from "../../src/cli/service/environment-file.ts";
import { launchdPlist } from "../../src/cli/service/launchd.ts";
import { managerOf } from "../../src/cli/service/manager.ts";
import { stopSeconds } from "../../src/cli/service/plan.ts";
import type { ServicePlan } from "../../src/cli/service/plan.ts";
import { systemdUnit } from "../../src/cli/service/systemd.ts";
import { commandLine, isPlain, quoteWord } from "../../src/cli/service/unit-text.ts";
import { assertAgent, parsePlist } from "../support/plist.ts";

const plan: ServicePlan = {
  scope: "user",
  program: "/usr/local/bin/ccb",
  config: "/home/me/.config/ccb/providers.yaml",
  storeKey: null,
  environmentFile: "/home/me/.config/ccb/environment",
  stateDirectory: "/home/me/.local/state/ccb",
  socket: null,
  stateHome: null,
  graceSeconds: 30,
  port: 9090,
  namespaces: true,
  logFile: "/Users/me/Library/Logs/ccb.log",
};
const system: ServicePlan = { ...plan, scope: "system", config: null, storeKey: "/etc/ccb/store.key" };

/** The assignments of a unit, in order. */
const linesOf = (unit: string): string[] => unit.split("\n").filter((line) => /^[A-Z]\w+=/.test(line));

describe("the systemd unit", () => {
  for (const [name, each] of [
    ["user", plan],
    ["user without namespaces", { ...plan, namespaces: false }],
    ["system", system],
    ["system on a low port", { ...system, port: 443 }],
  ] as const) {
    test(`${name}: says when it is ready and alive, ends in time, leaves no memory image`, () => {
      const lines = linesOf(systemdUnit(each));
      for (const line of [
        "Type=notify",
        "NotifyAccess=main",
        "WatchdogSec=60",
        "ExecReload=kill -HUP $MAINPID",
        `TimeoutStopSec=${stopSeconds(30)}`,
        "LimitCORE=0",
        "NoNewPrivileges=yes",
        "SystemCallFilter=@system-service",
        "RestartPreventExitStatus=2",
      ])
        expect(lines).toContain(line);
      expect(stopSeconds(30)).toBeGreaterThan(30);
      // The engine compiles at run time: with it the service could not start.
      expect(lines.some((line) => line.startsWith("MemoryDenyWriteExecute"))).toBe(false);
      expect(lines.filter((line) => /^(NoExecPaths|PrivateNetwork)=/.test(line))).toEqual([]);
    });
  }

  test("the system's has a user of its own, its state and the key as a credential", () => {
    const lines = linesOf(systemdUnit(system));
    expect(lines).toContain("DynamicUser=yes");
    expect(lines).toContain("StateDirectory=ccb");
    expect(lines).toContain("LoadCredential=ccb-store-key:/etc/ccb/store.key");
    expect(lines).toContain("PrivateTmp=yes");
    expect(lines).toContain("CapabilityBoundingSet=");
    expect(lines).toContain("WantedBy=multi-user.target");
  });

  test("a port below 1024 takes one capability, and no user namespace, in which it would mean nothing", () => {
    const lines = linesOf(systemdUnit({ ...system, port: 443 }));
    expect(lines).toContain("AmbientCapabilities=CAP_NET_BIND_SERVICE");
    expect(lines).toContain("CapabilityBoundingSet=CAP_NET_BIND_SERVICE");
    expect(lines).not.toContain("PrivateUsers=yes");
    expect(linesOf(systemdUnit({ ...system, port: 0 }))).toContain("CapabilityBoundingSet=");
  });

  test("without namespaces nothing asks for one, and the native code goes to a folder of the person's own", () => {
    const lines = linesOf(systemdUnit({ ...plan, namespaces: false }));
    expect(lines.filter((line) => /^(Protect|Private|ReadWritePaths|CapabilityBoundingSet)/.test(line))).toEqual([]);
    expect(lines).toContain("Environment=BUN_TMPDIR=%t/ccb");
  });

  test("a person's own may write its state, and shares the lock of a moved one", () => {
    const lines = linesOf(systemdUnit({ ...plan, stateHome: "/data/my state", stateDirectory: "/data/my state/ccb" }));
    expect(lines).toContain('ReadWritePaths="-/data/my state/ccb"');
    expect(linesOf(systemdUnit({ ...plan, socket: "/run/user/1/ccb.sock" }))).toContain(
      "ReadWritePaths=-/home/me/.local/state/ccb -/run/user/1",
    );
    expect(lines).toContain('Environment="XDG_STATE_HOME=/data/my state"');
  });

  test("a longer grace is a longer stop", () => {
    expect(linesOf(systemdUnit({ ...plan, graceSeconds: 599.5 }))).toContain("TimeoutStopSec=615");
  });
});

describe("quoting", () => {
  test.each([
    ["/usr/bin/ccb", "/usr/bin/ccb"],
    ["/opt/my ccb", '"/opt/my ccb"'],
    ['/opt/a"b', '"/opt/a\\"b"'],
    ["/opt/a\\b", '"/opt/a\\\\b"'],
    ["/opt/50%", "/opt/50%%"],
    ["/opt/it's", `"/opt/it's"`],
  ])("%s", (word, quoted) => expect(quoteWord(word)).toBe(quoted));

  test("a dollar is a variable in arguments alone", () => expect(commandLine(["/opt/$a", "$b"])).toBe("/opt/$a $$b"));

  test.each(["a\nExecStartPre=/bin/sh", "a\rb", "a\0b", "a\x7f", "a\\"])("%j fits on no line", (text) =>
    expect(isPlain(text)).toBe(false),
  );
});

describe("the launchd agent", () => {
  test("is a property list with the keys and types of launchd.plist(5)", () => {
    const agent = parsePlist(launchdPlist(plan));
    assertAgent(agent);
    expect(agent).toMatchObject({
      Label: "claude-code-balancer",
      ProgramArguments: ["/usr/local/bin/ccb", "serve", "--config", plan.config],
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ExitTimeOut: stopSeconds(30),
      Umask: 0o077,
      HardResourceLimits: { Core: 0 },
    });
  });

  test("escapes what XML would take for itself", () => {
    const program = '/opt/<a> & "b"/ccb';
    const agent = parsePlist(launchdPlist({ ...plan, program, storeKey: "/k&y" }));
    assertAgent(agent);
    expect(agent).toMatchObject({ EnvironmentVariables: { CCB_STORE_KEY_FILE: "/k&y" } });
    expect(JSON.stringify(agent)).toContain(JSON.stringify(program).slice(1, -1));
  });

  test.each([
    ["<plist><dict><key>Label</key></dict></plist>"],
    ["<plist><dict><string>x</string></dict></plist>"],
    ["<plist><dict></plist>"],
    ["<plist><array><integer>x</integer></array></plist>"],
    ["<plist><string>a & b</string></plist>"],
  ])("the parser refuses %s", (text) => expect(() => parsePlist(text)).toThrow());

  test.each([
    {},
    { Label: "x" },
    { Label: "x", ProgramArguments: ["ccb"] },
    { Label: "x", ProgramArguments: ["/ccb"], Ruunn: true },
  ])("the check refuses %j", (agent) => expect(() => assertAgent(agent)).toThrow());
});

describe("the manager of a system", () => {
  const place = { env: {}, home: "/home/me", uid: 501 };
  test.each([
    ["linux", "user", "/home/me/.config/systemd/user/ccb.service"],
    ["linux", "system", "/etc/systemd/system/ccb.service"],
    ["darwin", "user", "/home/me/Library/LaunchAgents/claude-code-balancer.plist"],
    ["darwin", "system", undefined],
    ["win32", "user", undefined],
  ] as const)("%s, %s", (platform, scope, file) =>
    expect([managerOf({ ...place, platform, scope })?.file]).toEqual([file]),
  );

  test("a relative XDG_CONFIG_HOME counts as unset", () => {
    const of = (value: string): string | undefined =>
      managerOf({ ...place, env: { XDG_CONFIG_HOME: value }, platform: "linux", scope: "user" })?.file;
    expect(of("/x")).toBe("/x/systemd/user/ccb.service");
    expect(of("x")).toBe("/home/me/.config/systemd/user/ccb.service");
  });
});

test("an environment file: comments, quotes, what is no assignment", () => {
  const text = "# A=0\n; B=0\n\nC=1\r\nD = 2\n E=\"x y\"\nF='z'\nG=\nnonsense\nH=a=b\n";
  expect(parseEnvironmentFile(text)).toEqual({ C: "1", E: "x y", F: "z", G: "", H: "a=b" });
});

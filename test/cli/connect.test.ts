// How the commands find the server and what they say where they do not: down, foreign, keys, the socket, TLS.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyed, parsed } from "../binary/_ccb.ts";
import { SELF_SIGNED } from "../binary/_certificate.ts";
import { RENEWED } from "../security/_certificate.ts";
import {
  cleanEnvironment,
  configText,
  freePort,
  makeHome,
  requireBinary,
  runCcb,
  startCcb,
} from "../support/binary.ts";
import { CHINESE, COMMANDS, configuredHome } from "./_served.ts";

const ADMIN = "ccb_admin_0123456789abcdefghijklmnop";
const CLIENT = "ccb_client_0123456789abcdefghijklmno";
const KEYS = [
  { name: "admin", key: ADMIN, role: "admin" },
  { name: "laptop", key: CLIENT, role: "client" },
];
const IN_MEMORY = { oauth: { enable_persistence: false } };
const providers = [keyed("http://127.0.0.1:1")];

/** A server with these settings, and a command that finds it by its file. */
async function serve(settings: Readonly<Record<string, unknown>>, more: Readonly<Record<string, string>> = {}) {
  const home = makeHome();
  for (const [name, text] of Object.entries(more)) writeFileSync(join(home, name), text, { mode: 0o600 });
  const port = await freePort();
  const ccb = await startCcb({
    home,
    port,
    wait: false,
    config: { providers, settings: { ...IN_MEMORY, port, ...settings } },
  });
  await ccb.output("Config  ");
  return {
    ccb,
    run: (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      runCcb([...args, "--config", ccb.configFile], { home, env }),
    [Symbol.asyncDispose]: () => ccb[Symbol.asyncDispose](),
  };
}

describe("nobody answers", () => {
  let port = 0;
  let place: ReturnType<typeof configuredHome>;
  beforeAll(async () => {
    port = await freePort();
    place = configuredHome(configText({ providers, settings: { ...IN_MEMORY, port } }));
  });
  afterAll(() => place.remove());

  for (const args of COMMANDS) {
    test(`ccb ${args.join(" ")}: 1, the address, and how to start it`, async () => {
      const { code, stdout, stderr } = await runCcb([...args, "--config", place.file], { home: place.home });
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(`No ccb answers at http://127.0.0.1:${port}`);
      expect(stderr).toContain("Start it with `ccb`");
      expect(stderr).not.toContain("    at ");
    });
  }

  test("in Chinese, and with --json nothing on stdout", async () => {
    const { code, stdout, stderr } = await runCcb(["status", "--json", "--config", place.file], {
      home: place.home,
      env: CHINESE,
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`http://127.0.0.1:${port} 没有 ccb 应答`);
  });

  test("a flag and a variable name another port", async () => {
    for (const [args, env, asked] of [
      [["--port", "1"], {}, 1],
      [[], { CCB_PORT: "2" }, 2],
      [["--port", "1"], { CCB_PORT: "2" }, 1],
    ] as const) {
      const { stderr } = await runCcb(["status", "--config", place.file, ...args], { home: place.home, env });
      expect(stderr).toContain(`http://127.0.0.1:${asked} `);
    }
  });

  test("wrong flags: 2", async () => {
    for (const [args, words] of [
      [["--host", "http://x"], "--host"],
      [["--port", "none"], "--port"],
      [["--key", "two words"], "--key"],
      [["--config", "/nowhere/providers.yaml"], "/nowhere/providers.yaml"],
      [["--nope"], "--nope"],
    ] as const) {
      const { code, stdout, stderr } = await runCcb(["status", "--config", place.file, ...args], { home: place.home });
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toContain(words);
    }
  });
});

test("another program answers there: said so, and its text is not shown", async () => {
  const place = configuredHome(configText({ providers, settings: IN_MEMORY }));
  const replies: (() => Response)[] = [
    () => new Response("\u001b[31mnginx"),
    () => new Response("nope", { status: 404 }),
    () => Response.json({ status: "other" }),
    () => Response.redirect("http://127.0.0.1:1/"),
  ];
  for (const reply of replies) {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: reply });
    for (const args of [["status"], ["requests", "--follow"], ["usage", "--csv"]]) {
      const { code, stdout, stderr } = await runCcb([...args, "--config", place.file, "--port", String(server.port)], {
        home: place.home,
      });
      expect([args, code, stdout]).toEqual([args, 1, ""]);
      expect(stderr).toContain("is no ccb that this one understands");
      for (const text of ["nginx", "\u001b"]) expect(stderr).not.toContain(text);
    }
    await server.stop(true);
  }
  place.remove();
});

test("a message of the server's is shown, never obeyed", async () => {
  const place = configuredHome(configText({ providers, settings: IN_MEMORY }));
  const envelope = {
    type: "error",
    error: { type: "api_error", message: "first\u001b]0;x\u0007\nsecond\u202e" },
    request_id: "",
  };
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json(envelope, { status: 500 }) });
  const { code, stderr } = await runCcb(["status", "--config", place.file, "--port", String(server.port)], {
    home: place.home,
  });
  expect([code, stderr]).toEqual([1, "first\\u001b]0;x\\u0007\nsecond\\u202e\n"]);
  await server.stop(true);
  place.remove();
});

test("keys that only the server's environment holds are not needed", async () => {
  const port = await freePort();
  const text = `providers:\n  - {name: A, base_url: "\${CCB_TEST_URL}", auth_type: api_key, auth_value: "\${CCB_TEST_KEY}"}\nsettings: {port: ${port}, oauth: {enable_persistence: false}}\n`;
  await using ccb = await startCcb({
    config: text,
    port,
    env: { CCB_TEST_URL: "http://127.0.0.1:1", CCB_TEST_KEY: "sk-ant-api03-of-the-server" },
  });
  const { code, stdout, stderr } = await runCcb(["status", "--config", ccb.configFile], { home: ccb.home });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("http://127.0.0.1:1");
});

describe("help", () => {
  for (const name of new Set(COMMANDS.map(([first = ""]) => first)))
    test(`ccb ${name} --help shows examples, in both languages`, async () => {
      const english = await runCcb([name, "--help"]);
      expect([english.code, english.stderr]).toEqual([0, ""]);
      expect(english.stdout).toMatch(new RegExp(`Examples:\\n {2}(?:CCB_KEY=\\S+ )?ccb ${name}`));
      for (const flag of ["--json", "--key", "--config", "--host", "--port"]) expect(english.stdout).toContain(flag);
      const chinese = await runCcb([name, "--help"], { env: CHINESE });
      expect(chinese.stdout).toContain(`示例：\n  ccb ${name}`);
    });

  test("a mistyped command: which one was meant", async () => {
    const { code, stdout, stderr } = await runCcb(["stauts"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("did you mean status?");
  });
});

test("colours on a terminal, unless NO_COLOR says no", async () => {
  await using served = await serve({});
  for (const [more, coloured] of [
    [{}, true],
    [{ NO_COLOR: "1" }, false],
    [{ TERM: "dumb" }, false],
  ] as const) {
    let shown = "";
    const child = Bun.spawn([requireBinary(), "status", "--config", served.ccb.configFile], {
      env: cleanEnvironment(served.ccb.home, more),
      timeout: 20_000,
      terminal: { cols: 200, rows: 50, data: (_, bytes) => void (shown += new TextDecoder().decode(bytes)) },
    });
    expect(await child.exited).toBe(0);
    expect(shown).toContain("Keyed");
    expect(shown.includes("\u001b[1mKeyed\u001b[0m")).toBe(coloured);
  }
});

describe("keys", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    served = await serve({ auth: { enabled: true, admin: "key", api_keys: KEYS } });
  });
  afterAll(() => served[Symbol.asyncDispose]());

  test("none: what to do", async () => {
    for (const args of COMMANDS) {
      const { code, stdout, stderr } = await served.run(args);
      expect([args, code, stdout]).toEqual([args, 1, ""]);
      expect(stderr).toContain("CCB_KEY");
      expect(stderr).toContain("--key");
    }
  });

  test("a wrong one, and one of a client: what to do", async () => {
    for (const [key, words] of [
      ["ccb_wrong", "does not know this"],
      [CLIENT, "role: admin"],
    ] as const) {
      const { code, stderr } = await served.run(["status"], { CCB_KEY: key });
      expect(code).toBe(1);
      for (const part of [words, "CCB_KEY", "--key"]) expect(stderr).toContain(part);
      expect(stderr).not.toContain(key);
    }
  });

  test("a good one, by the variable and by the flag, which wins", async () => {
    expect((await served.run(["status"], { CCB_KEY: ADMIN })).code).toBe(0);
    expect((await served.run(["status", "--key", ADMIN], { CCB_KEY: "ccb_wrong" })).code).toBe(0);
    expect((await served.run(["accounts"], { CCB_KEY: ADMIN })).code).toBe(0);
  });
});

describe("the owner-only socket", () => {
  test("needs no key, and comes first", async () => {
    await using served = await serve({ socket: "ccb.sock", auth: { enabled: true, admin: "key", api_keys: KEYS } });
    const { code, stdout, stderr } = await served.run(["status"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Keyed");
    // An address that is typed is meant.
    expect((await served.run(["status", "--host", "127.0.0.1"])).code).toBe(1);
  });

  test("alone", async () => {
    await using served = await serve({ host: "none", socket: "ccb.sock" });
    const { code, stdout } = await served.run(["status", "--json"]);
    expect([code, parsed<{ address: string }>(stdout).address]).toEqual([
      0,
      `unix:${join(served.ccb.home, "ccb.sock")}`,
    ]);
    expect(await served.ccb.stop()).toBe(0);
    const down = await served.run(["status"]);
    expect([down.code, down.stderr]).toEqual([1, expect.stringContaining(`unix:${join(served.ccb.home, "ccb.sock")}`)]);
  });

  test("where nobody listens at it the address is tried", async () => {
    await using served = await serve({ socket: "ccb.sock" });
    const text = readFileSync(served.ccb.configFile, "utf8").replace("ccb.sock", "elsewhere.sock");
    const file = join(served.ccb.home, "other.yaml");
    writeFileSync(file, text, { mode: 0o600 });
    expect((await runCcb(["status", "--config", file], { home: served.ccb.home })).code).toBe(0);
  });
});

describe("TLS", () => {
  const FILES = { "cert.pem": SELF_SIGNED.cert, "key.pem": SELF_SIGNED.key };
  const tls = { cert: "cert.pem", key: "key.pem" };

  test("the configuration's own certificate is trusted, another is not", async () => {
    await using served = await serve({ tls }, FILES);
    const { code, stdout } = await served.run(["status"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`https://127.0.0.1:${served.ccb.port}`)]);
    // Renewed, and the server does not know yet: it is told what to do.
    writeFileSync(join(served.ccb.home, "cert.pem"), RENEWED.cert);
    writeFileSync(join(served.ccb.home, "key.pem"), RENEWED.key);
    const other = await served.run(["status"]);
    expect([other.code, other.stdout, other.stderr]).toEqual([
      1,
      "",
      expect.stringContaining("settings.tls.cert was renewed"),
    ]);
  });
});

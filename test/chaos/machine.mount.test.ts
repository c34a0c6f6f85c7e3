// What a disk and a resolver may do to ccb, with real ones: a small tmpfs that fills up or becomes read-only, and name
// servers that refuse, forget and say nothing. Needs root and mount namespaces.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { envelopeOf, messagesRequest, signIn } from "../binary/_ccb.ts";
import { call, persistence } from "../keyring/_ccb.ts";
import { anthropicMessage, messagesHandler } from "../support/anthropic.ts";
import { freePort, makeHome } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import type { OAuthServer } from "../support/oauth-server.ts";
import { startUpstream } from "../support/upstream.ts";
import type { Upstream } from "../support/upstream.ts";
import { CERTIFICATES } from "./_certificates.ts";
import { makeNamespace } from "./_namespace.ts";
import type { Namespace } from "./_namespace.ts";
import { keyed, startRig, within } from "./_rig.ts";
import type { Rig } from "./_rig.ts";

const ask = async (ccb: Ccb, model: string): Promise<string> => {
  const reply = await ccb.request("/v1/messages", { ...messagesRequest({ model }), keepalive: false });
  if (reply.status === 200) return `200 ${(await reply.text()).includes("end_turn") ? "whole" : "other"}`;
  const error = await envelopeOf(reply);
  return `${error.status} ${/\(([A-Z_]+)\)/.exec(error.message)?.[1] ?? error.message}`;
};

describe("the disk of the state folder", () => {
  const a = identity("a@example.com");
  const home = makeHome();
  const state = join(home, ".local", "state");
  const keyFile = join(home, "store.key");
  let space: Namespace;
  let oauth: OAuthServer;
  let upstream: Upstream;
  let rig: Rig | undefined;

  const start = async (): Promise<Rig> => {
    rig = await startRig({
      home,
      binary: space.binary,
      env: { CCB_STORE_KEY_FILE: keyFile },
      providers: [{ name: "Accounts", base_url: upstream.url, auth_value: "oauth" }],
      oauth,
      routes: { mine: [{ provider: "Accounts" }] },
      settings: { oauth: { enable_persistence: true, store: "file" } },
    });
    return rig;
  };
  const durable = async (ccb: Ccb): Promise<boolean> => (await persistence(ccb)).durable;
  /** A refresh; "200 durable" or "200 not durable: …". */
  const refresh = async (ccb: Ccb): Promise<string> => {
    const { status, body } = await call(ccb, "POST", "/oauth/refresh/a@example.com");
    return `${status} ${body.durable === true ? "durable" : "not durable"}`;
  };

  beforeAll(async () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(keyFile, randomBytes(32).toString("base64"), { mode: 0o600 });
    space = await makeNamespace(home);
    space.run(`mount -t tmpfs -o size=512k,mode=700 tmpfs '${state}'`);
    oauth = await startOAuthServer();
    upstream = await startUpstream({ authorize: oauth.identify });
    upstream.handle(messagesHandler());
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
    await space[Symbol.asyncDispose]();
    await upstream.stop();
    await oauth.stop();
    rmSync(home, { recursive: true, force: true });
  });

  // On top of the other: the kernel makes nothing read-only in which a file is open for writing.
  const readOnly = `mount --bind '${state}' '${state}'; mount -o remount,bind,ro '${state}'`;
  const writable = `umount '${state}'`;
  const WHILE: Readonly<Record<string, readonly [begin: string, end: string]>> = {
    "full while running": [
      `dd if=/dev/zero of='${state}/filler' bs=4k 2>/dev/null || true; ! sh -c "echo x >> '${state}/filler2'" 2>/dev/null`,
      `rm -f '${state}/filler' '${state}/filler2'`,
    ],
    "read-only while running": [readOnly, writable],
  };

  test("full, read-only, read-only from the start: served from memory, said so, kept when it is over, and no account lost", async () => {
    let { ccb } = await start();
    await signIn(ccb, oauth, a);
    expect(await durable(ccb)).toBe(true);
    for (const [name, [begin, end]] of Object.entries(WHILE)) {
      await rig?.run({
        name: `disk: ${name}`,
        expect: "200 not durable, served 200 whole; over: durable by itself",
        async run() {
          space.run(begin);
          const during = `${await refresh(ccb)}, served ${await ask(ccb, "mine")}`;
          expect(await durable(ccb)).toBe(false);
          await ccb.output("cannot be written");
          space.run(end);
          const back = await within(20, () => durable(ccb));
          return `${during}; over: ${back ? "durable by itself" : "still not durable"}`;
        },
      });
      rig?.print("disk");
      // Killed: the next one knows what was kept, and the server knows no token that was shown twice.
      await ccb.kill();
      await rig?.[Symbol.asyncDispose]();
      ({ ccb } = await start());
      expect(await within(10, async () => (await refresh(ccb)) === "200 durable")).toBe(true);
      expect([await ask(ccb, "mine"), oauth.reuse]).toEqual(["200 whole", 0]);
    }
    await rig?.[Symbol.asyncDispose]();

    // What was read-only from the start: the accounts are there once that is over.
    space.run(readOnly);
    ({ ccb } = await start());
    await rig?.run({
      name: "disk: read-only from the start",
      expect: "not durable, no account; over: the account serves 200 whole, 200 durable",
      async run() {
        await within(5, () => ccb.stderr.includes("Tokens"));
        const before = (await durable(ccb)) ? "durable" : "not durable";
        const { body } = await call(ccb, "GET", "/oauth/status");
        space.run(writable);
        await within(40, () => durable(ccb));
        await within(5, async () => (await ask(ccb, "mine")) === "200 whole");
        return `${before}, ${body.total_tokens === 0 ? "no account" : "accounts"}; over: the account serves ${await ask(ccb, "mine")}, ${await refresh(ccb)}`;
      },
    });
    rig?.print("disk");
    expect(oauth.reuse).toBe(0);
  });
});

describe("the resolver", () => {
  const home = makeHome();
  const etc = (name: string, text: string): void => writeFileSync(join(home, name), text);
  const KNOWN = "127.0.0.1 localhost upstream.test\n";
  const UNKNOWN = "127.0.0.1 localhost\n";
  let space: Namespace;
  let rig: Rig;
  let upstream: Upstream;
  let silent: Bun.udp.Socket<"buffer">;
  let asked = 0;

  beforeAll(async () => {
    upstream = await startUpstream({ tls: CERTIFICATES.named });
    upstream.handle(() => ({
      name: "well",
      send: async (exchange) => {
        const body = JSON.stringify(anthropicMessage("well"));
        await exchange.head(200, { "Content-Type": "application/json", "Content-Length": String(body.length) });
        await exchange.write(Buffer.from(body));
      },
    }));
    silent = await Bun.udpSocket({ hostname: "127.0.0.77", port: 53, socket: { data: () => void (asked += 1) } });
    space = await makeNamespace(home);
    etc("hosts", KNOWN);
    etc("nsswitch.conf", "hosts: files\n");
    etc("resolv.conf", "nameserver 127.0.0.77\noptions timeout:1 attempts:1\n");
    for (const name of ["hosts", "nsswitch.conf", "resolv.conf"])
      space.run(`mount --bind '${join(home, name)}' /etc/${name}`);
    etc("ca.pem", CERTIFICATES.named.cert);
    rig = await startRig({
      binary: space.binary,
      port: await freePort(),
      // Bun remembers an address for 30 s otherwise.
      env: { BUN_CONFIG_DNS_TIME_TO_LIVE_SECONDS: "1" },
      providers: [keyed(`https://upstream.test:${upstream.port}`, { name: "Named" })],
      routes: { named: [{ provider: "Named" }] },
      settings: { ca_file: join(home, "ca.pem") },
    });
  });
  afterAll(async () => {
    rig.print("resolver");
    await rig[Symbol.asyncDispose]();
    await space[Symbol.asyncDispose]();
    silent.close();
    await upstream.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** The name is known no more, and what was remembered of it has run out. */
  async function forget(ccb: Ccb): Promise<void> {
    etc("hosts", UNKNOWN);
    await within(10, async () => {
      upstream.dropConnections();
      return (await ask(ccb, "named")) !== "200 whole";
    });
  }

  test("a name that stops resolving", async () => {
    etc("nsswitch.conf", "hosts: files\n");
    await rig.run({
      name: "DNS: a name that stops resolving, and comes back",
      expect: "200 whole; 503 ENOTFOUND; back: 200 whole",
      async run({ ccb }) {
        const before = await ask(ccb, "named");
        await forget(ccb);
        const during = await ask(ccb, "named");
        etc("hosts", KNOWN);
        return `${before}; ${during}; back: ${await ask(ccb, "named")}`;
      },
    });
  });

  test("a name server that says nothing", async () => {
    etc("nsswitch.conf", "hosts: files dns\n");
    await rig.run({
      name: "DNS: 8 requests ask a name server that says nothing",
      expect: "8 of 8: 503 EAI_AGAIN; back: 200 whole",
      async run({ ccb }) {
        await forget(ccb);
        const outcomes = await Promise.all(Array.from({ length: 8 }, () => ask(ccb, "named")));
        expect(asked).toBeGreaterThan(0);
        etc("hosts", KNOWN);
        const same = outcomes.filter((each) => each === outcomes[0]);
        return `${same.length} of 8: ${same[0]}; back: ${await ask(ccb, "named")}`;
      },
    });
  });
});
